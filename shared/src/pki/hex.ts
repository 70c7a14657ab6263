/** Hexadecimal digits in lower case, two for each octet. */
export const toHex = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')
