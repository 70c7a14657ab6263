import type { OmaDmItem, SettingValue } from '@muster/shared/contracts'
import type { Attempt, CommandOutcome, DeviceView, ItemOutcome } from '../../domain/platform.ts'
import { somewhere } from '../place.ts'
import type { CspNode, Value, Verb } from './csp-node.ts'
import { status } from './status.ts'
import { type Found, find, holds, namesBelow } from './tree.ts'

/** One OMA-DM command (OMA-TS-DM_Protocol-V1_2 §6.6). */
export interface Command extends Pick<OmaDmItem, 'locUri' | 'data'> {
  readonly verb: Verb
}

/** What came of it: a status, perhaps a value or an HRESULT as data, and what it changes. */
export interface Executed
  extends Pick<ItemOutcome, 'settings' | 'posture' | 'waitsFor'>,
    Pick<CommandOutcome, 'effect' | 'detail' | 'deviceName'> {
  readonly status: number
  readonly data?: Value
}

const buildOf = ({ inventory }: DeviceView): number => Number(inventory.os.version.split('.')[2] ?? 0)

const isAbsent = ({ build, notOnHome }: CspNode, device: DeviceView): boolean =>
  (build !== undefined && buildOf(device) < build) || (notOnHome === true && device.inventory.os.edition === 'Home')

/** Carry out a command on the tree; `attempt` is absent where nothing may change. */
export function execute(command: Command, device: DeviceView, attempt?: Attempt): Executed {
  const found = find(command.locUri)
  if (!found) return { status: status.notFound }
  const { node } = found
  if (!node || node.format === 'node') return onInterior(command.verb, found, device)
  if (isAbsent(node, device)) return { status: status.notFound }
  if (!node.verbs.includes(command.verb)) return { status: status.notAllowed }
  if (command.verb === 'Get') return get(found, node, device)
  if (!attempt) return { status: status.notAllowed }
  if (node.modes?.(device) === false) return { status: status.permissionDenied }
  if (command.verb === 'Delete') return remove(found, device)
  const refused = objectionTo(command.data, node, command.verb)
  if (refused !== undefined) return { status: refused }
  if (command.verb === 'Exec') return exec(node, command.data, device, attempt)
  return write(command, found, node, device, attempt)
}

/** Interior nodes tell the names below them; those that the server names come and go by Add and Delete. */
function onInterior(verb: Verb, found: Found, device: DeviceView): Executed {
  const { address, node, dynamic } = found
  const there = !dynamic || holds(address, device)
  if (verb === 'Get')
    return there
      ? { status: status.ok, data: namesBelow(found, device).join('/').slice(0, 8_192) }
      : { status: status.notFound }
  if (!node?.verbs.includes(verb)) return { status: status.notAllowed }
  if (verb === 'Delete') return remove(found, device)
  return there ? { status: status.alreadyExists } : { status: status.ok, settings: { [address]: '' } }
}

function get({ address }: Found, node: CspNode, device: DeviceView): Executed {
  const value = node.read ? node.read(device) : device.settings[address]
  return value === undefined || typeof value === 'object'
    ? { status: status.notFound }
    : { status: status.ok, data: value }
}

/** A node goes with all that stands below it. */
function remove({ address }: Found, device: DeviceView): Executed {
  const gone = Object.keys(device.settings).filter((held) => held === address || held.startsWith(`${address}/`))
  if (gone.length === 0) return { status: status.notFound }
  return { status: status.ok, settings: Object.fromEntries(gone.map((held) => [held, null])) }
}

/** Why data cannot be taken; `undefined` when it can. */
function objectionTo(data: Value | undefined, { format, range, pattern }: CspNode, verb: Verb): number | undefined {
  if (format === 'null' || (verb === 'Exec' && data === undefined)) return undefined
  if (format === 'bool') return typeof data === 'boolean' ? undefined : status.unsupportedFormat
  if (format === 'int') {
    if (typeof data !== 'number' || !Number.isInteger(data)) return status.unsupportedFormat
    const [min, max] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    return data < min || data > max ? status.badRequest : undefined
  }
  if (typeof data !== 'string') return status.unsupportedFormat
  return pattern && !pattern.test(data) ? status.badRequest : undefined
}

function write(command: Command, found: Found, node: CspNode, device: DeviceView, attempt: Attempt): Executed {
  const { address, dynamic } = found
  const value = command.data as Value
  const there = device.settings[address] !== undefined
  if (command.verb === 'Add' && there) return { status: status.alreadyExists }
  // Policies are made by Replace too; what the server names has to be added first.
  if (command.verb === 'Replace' && dynamic && !there) return { status: status.notFound }
  if (node.read) return { status: status.ok, ...(typeof value === 'string' ? { deviceName: value.slice(0, 15) } : {}) }
  const kept: Executed = { status: status.ok, settings: { [address]: value as SettingValue } }
  const inForce = node.met ? node.met(value, device) : device.settings[address] === value
  if (inForce) return kept
  const failure = node.fails?.(value, device) ?? (attempt.chance.chance(attempt.failure) ? node.mayFail : undefined)
  if (failure !== undefined) return { status: status.commandFailed, data: failure }
  if (node.waitsFor && attempt.after !== node.waitsFor) return { status: status.accepted, waitsFor: node.waitsFor }
  return { ...kept, ...(node.enforces ? { posture: node.enforces(value) } : {}) }
}

function exec(node: CspNode, data: Value | undefined, device: DeviceView, { chance }: Attempt): Executed {
  return node.exec?.(data, device, () => somewhere(chance.fork('location'))) ?? { status: status.notAllowed }
}
