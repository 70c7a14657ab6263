import { inflateRawSync } from 'node:zlib'

/** The name and the text of the first file in an archive. */
export function firstInZip(archive: Uint8Array): { readonly name: string; readonly text: string } {
  const bytes = Buffer.from(archive)
  if (bytes.readUInt32LE(0) !== 0x04034b50) throw new Error('this is no zip')
  const [nameLength, extraLength] = [bytes.readUInt16LE(26), bytes.readUInt16LE(28)]
  const name = bytes.subarray(30, 30 + nameLength).toString()
  return { name, text: inflateRawSync(bytes.subarray(30 + nameLength + extraLength)).toString() }
}
