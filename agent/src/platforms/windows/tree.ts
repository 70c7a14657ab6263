import type { DeviceView } from '../../domain/platform.ts'
import { actionNodes } from './csp-actions.ts'
import type { CspNode } from './csp-node.ts'
import { settingNodes } from './csp-policy.ts'
import { statusNodes } from './csp-status.ts'

/** Every node that holds, tells or does something. */
export const nodes: readonly CspNode[] = [...settingNodes, ...statusNodes, ...actionNodes]

/** One level of the tree; `node` is absent where there is nothing but children. */
interface Branch {
  readonly segment: string
  readonly children: Map<string, Branch>
  /** The child whose name is the server's to choose. */
  named?: Branch
  node?: CspNode
}

/** A node as a URI names it. */
export interface Found {
  /** Canonical address: the catalogue's spelling, and the server's names as they were given. */
  readonly address: string
  readonly node?: CspNode
  /** Names of what stands below in the catalogue. */
  readonly children: readonly string[]
  /** True below a name that the server chose: the node is there once somebody has added it. */
  readonly dynamic: boolean
}

const root: Branch = { segment: '.', children: new Map() }

for (const node of nodes) {
  let branch = root
  for (const segment of segmentsOf(node.uri)) branch = childOf(branch, segment)
  branch.node = node
}

function childOf(branch: Branch, segment: string): Branch {
  if (segment.startsWith('{')) {
    branch.named ??= { segment, children: new Map() }
    return branch.named
  }
  const key = segment.toLowerCase()
  const child = branch.children.get(key) ?? { segment, children: new Map() }
  branch.children.set(key, child)
  return child
}

function segmentsOf(uri: string): string[] {
  return uri.split('/').slice(1)
}

/** The node of a URI; `./Vendor` is short for `./Device/Vendor`, and letter case makes no difference. */
export function find(uri: string): Found | undefined {
  const segments = segmentsOf(uri)
  if (segments[0]?.toLowerCase() === 'vendor') segments.unshift('Device')
  let branch = root
  let dynamic = false
  const path = ['.']
  for (const segment of segments) {
    const known = branch.children.get(segment.toLowerCase())
    const next = known ?? (segment === '' ? undefined : branch.named)
    if (!next) return undefined
    dynamic ||= !known
    path.push(known ? next.segment : segment)
    branch = next
  }
  const children = [...branch.children.values()].map((child) => child.segment)
  return { address: path.join('/'), children, dynamic, ...(branch.node ? { node: branch.node } : {}) }
}

/** Whether the device holds the node or anything below it. */
export const holds = (address: string, { settings }: DeviceView): boolean =>
  settings[address] !== undefined || Object.keys(settings).some((held) => held.startsWith(`${address}/`))

/** Names below an interior node: those of the catalogue, and those that the server has added. */
export function namesBelow({ address, children, dynamic }: Found, device: DeviceView): string[] {
  const added = Object.keys(device.settings)
    .filter((held) => held.startsWith(`${address}/`))
    .map((held) => held.slice(address.length + 1).split('/')[0] as string)
  return [...new Set([...(dynamic ? [] : children), ...added])].sort()
}
