import { isIP, SocketAddress } from 'node:net'

/** The 4 or 16 octets of an address in text form, network order; `undefined` when it is none. Zones are refused. */
export function ipOctets(address: string): Uint8Array | undefined {
  const family = isIP(address)
  if (family === 0 || address.includes('%')) return undefined
  return family === 4 ? Uint8Array.from(address.split('.'), Number) : ipv6Octets(address)
}

/** The text form of 4 or 16 octets (RFC 5952 for the latter); `undefined` for any other number of them. */
export function ipText(octets: Uint8Array): string | undefined {
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => groupAt(octets, i).toString(16))
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}

const groupAt = (octets: Uint8Array, index: number): number =>
  ((octets[2 * index] as number) << 8) | (octets[2 * index + 1] as number)

/** RFC 4291 §2.2: eight groups of 16 bits, `::` for a run of zeros, the last two perhaps in dotted decimals. */
function ipv6Octets(address: string): Uint8Array {
  const [head = '', tail] = address.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
