/** Bits of an IP address, most significant first, as one number; undefined for what is none. */
function bitsOf(address: string): { readonly value: bigint; readonly bits: 32 | 128 } | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) {
    const octets = address.split('.').map(Number)
    if (octets.some((octet) => octet > 255)) return undefined
    return { value: octets.reduce((all, octet) => (all << 8n) | BigInt(octet), 0n), bits: 32 }
  }
  const halves = address.split('::')
  if (halves.length > 2 || !/^[0-9a-f:]+$/i.test(address)) return undefined
  const groupsOf = (half: string | undefined): readonly string[] => (half ? half.split(':') : [])
  const [head, tail] = [groupsOf(halves[0]), groupsOf(halves[1])]
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return { value: groups.reduce((all, group) => (all << 16n) | BigInt(`0x${group}`), 0n), bits: 128 }
}

/** Whether an address lies in a range such as `10.0.0.0/8` or `2001:db8::/32`. What cannot be read lies nowhere. */
export function isInRange(address: string, range: string): boolean {
  const [network = '', length = ''] = range.split('/')
  const [own, base] = [bitsOf(address), bitsOf(network)]
  if (!own || !base || own.bits !== base.bits || !/^\d{1,3}$/.test(length) || Number(length) > own.bits) return false
  const shift = BigInt(own.bits - Number(length))
  return own.value >> shift === base.value >> shift
}
