import { CodedError } from '../core/result.ts'
import { Tag } from './der.ts'

/** Nesting beyond which a document is refused: twice what any structure of X.509 or PKCS#10 needs. */
const MAX_DEPTH = 16

/** Octets of an OBJECT IDENTIFIER: room for two arcs of 128 bits (X.667) and their prefix. */
const MAX_OID_OCTETS = 64

/**
 * A forward reader over the values of one DER document (ITU-T X.690). Strict: what a BER reader would let pass is
 * refused, so that one value has one encoding. It never reads outside its bounds, and all that it throws is a
 * `CodedError`: `pki/malformed`, or `pki/too-large`; `attempt` makes a `Result` of it at the door.
 *
 * What it hands out are views of the bytes that were handed in: copy what is to be kept.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #depth: number
  #at: number

  private constructor(bytes: Uint8Array, start: number, end: number, depth: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#depth = depth
  }

  /** A reader over a whole document of at most `maxBytes`. */
  static open(bytes: Uint8Array, maxBytes: number): DerReader {
    if (bytes.length > maxBytes) {
      throw new CodedError('pki/too-large', `${bytes.length} bytes, where at most ${maxBytes} are read`)
    }
    // A Buffer becomes the Uint8Array that it is: Buffer.slice() gives a view, where a copy is meant.
    return new DerReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, 0)
  }

  /** Whether all values have been read. */
  get atEnd(): boolean {
    return this.#at === this.#end
  }

  /** Whether the next value has this identifier octet; false at the end. */
  nextIs(tag: number): boolean {
    return this.#at < this.#end && this.#bytes[this.#at] === tag
  }

  /** The identifier octet of the next value. */
  nextTag(what: string): number {
    if (this.atEnd) this.fail(`${what} is missing`)
    return this.#bytes[this.#at] as number
  }

  /** Ends the reading of a structure: nothing may follow. */
  end(what: string): void {
    if (!this.atEnd) this.fail(`${what} is followed by more than it may hold`)
  }

  /** The content of the next value, which must have this identifier octet. */
  content(tag: number, what: string): Uint8Array {
    const start = this.#header(tag, what)
    return this.#bytes.subarray(start, this.#at)
  }

  /** The whole of the next value, identifier and length included, which must have this identifier octet. */
  encoding(tag: number, what: string): Uint8Array {
    const start = this.#at
    this.#header(tag, what)
    return this.#bytes.subarray(start, this.#at)
  }

  /** A reader over the values inside the next value, which must have this identifier octet. */
  enter(tag: number, what: string): DerReader {
    const start = this.#header(tag, what)
    if (this.#depth === MAX_DEPTH) {
      throw new CodedError('pki/too-large', `${what} is nested deeper than ${MAX_DEPTH} levels`, {
        at: `byte ${start}`,
      })
    }
    return new DerReader(this.#bytes, start, this.#at, this.#depth + 1)
  }

  sequence(what: string): DerReader {
    return this.enter(Tag.sequence, what)
  }

  /** BOOLEAN; X.690 §11.1: true is all ones. */
  boolean(what: string): boolean {
    const content = this.content(Tag.boolean, what)
    if (content.length !== 1 || (content[0] !== 0x00 && content[0] !== 0xff)) this.fail(`${what} is no DER boolean`)
    return content[0] === 0xff
  }

  /** The magnitude of an INTEGER that must not be negative, without a leading sign octet. */
  unsignedInteger(what: string): Uint8Array {
    const content = this.content(Tag.integer, what)
    const [first, second] = content
    if (first === undefined || first >= 0x80) this.fail(`${what} must be zero or positive`)
    if (first !== 0 || second === undefined) return content
    // X.690 §8.3.2: the first nine bits are not all zero.
    if (second < 0x80) this.fail(`${what} has a needless leading zero`)
    return content.subarray(1)
  }

  /** An INTEGER from 0 to 127. */
  smallInteger(what: string): number {
    const magnitude = this.unsignedInteger(what)
    if (magnitude.length !== 1 || (magnitude[0] as number) > 0x7f) this.fail(`${what} is greater than 127`)
    return magnitude[0] as number
  }

  /** The octets of a BIT STRING that has no unused bits. */
  octetAlignedBits(what: string): Uint8Array {
    const content = this.content(Tag.bitString, what)
    if (content[0] !== 0) this.fail(`${what} is no whole number of octets`)
    return content.subarray(1)
  }

  /** The numbers of the bits set in a BIT STRING with named bits, ascending. */
  namedBits(what: string): readonly number[] {
    const content = this.content(Tag.bitString, what)
    const unused = content[0]
    const last = content.length > 1 ? (content[content.length - 1] as number) : 0
    // X.690 §8.6.2.2, §11.2.2: up to 7 unused bits; the last bit that is written is a one.
    const valid = content.length === 1 ? unused === 0 : unused !== undefined && unused < 8 && lowestBit(last) === unused
    if (!valid) this.fail(`${what} is no DER bit list`)
    const bits: number[] = []
    for (let bit = 0; bit < (content.length - 1) * 8; bit++) {
      if (((content[1 + (bit >> 3)] as number) & (0x80 >> (bit & 7))) !== 0) bits.push(bit)
    }
    return bits
  }

  octetString(what: string): Uint8Array {
    return this.content(Tag.octetString, what)
  }

  /** An OBJECT IDENTIFIER as dotted decimals. */
  oid(what: string): string {
    const content = this.content(Tag.oid, what)
    const last = content[content.length - 1]
    if (last === undefined || last >= 0x80 || content.length > MAX_OID_OCTETS) this.fail(`${what} is no OID`)
    const arcs: bigint[] = []
    let arc = 0n
    let fresh = true
    for (const octet of content) {
      // X.690 §8.19.2: the fewest octets, so that none begins with a group of zeros.
      if (fresh && octet === 0x80) this.fail(`${what} has a padded arc`)
      arc = (arc << 7n) | BigInt(octet & 0x7f)
      fresh = octet < 0x80
      if (fresh) {
        arcs.push(arc)
        arc = 0n
      }
    }
    const [joined = 0n, ...rest] = arcs
    const root = joined < 80n ? joined / 40n : 2n
    return [root, joined - root * 40n, ...rest].join('.')
  }

  /** Refuses the document, naming the place that has been reached. */
  fail(message: string): never {
    throw new CodedError('pki/malformed', message, { at: `byte ${this.#at}` })
  }

  /** Reads identifier and length, moves past the value, and gives back where its content starts. */
  #header(tag: number, what: string): number {
    if (this.#end - this.#at < 2) this.fail(`${what} is missing or cut off`)
    // Identifiers of several octets (§8.1.2.4) never match: no structure here has a tag number above 30.
    if (this.#bytes[this.#at] !== tag) {
      this.fail(`${what} has tag 0x${hex(this.#bytes[this.#at] as number)} instead of 0x${hex(tag)}`)
    }
    const first = this.#bytes[this.#at + 1] as number
    const [length, start] = first < 0x80 ? [first, this.#at + 2] : this.#longLength(first, what)
    if (length > this.#end - start) this.fail(`${what} is longer than what holds it`)
    this.#at = start + length
    return start
  }

  /** The length in its long form, and where the content starts. */
  #longLength(first: number, what: string): [length: number, start: number] {
    const octets = first & 0x7f
    // X.690 §10.1 leaves out the indefinite form (0x80). Four octets are more than any document that is read here.
    if (octets === 0 || octets > 4) this.fail(`${what} has no definite length`)
    const start = this.#at + 2 + octets
    if (start > this.#end) this.fail(`${what} is cut off in its length`)
    let length = 0
    for (let at = start - octets; at < start; at++) length = length * 256 + (this.#bytes[at] as number)
    // X.690 §10.1: in the fewest octets.
    if (length < 0x80 || this.#bytes[start - octets] === 0) this.fail(`${what} has a padded length`)
    return [length, start]
  }
}

const hex = (octet: number): string => octet.toString(16).padStart(2, '0')

/** The number of zero bits below the lowest one that is set; 8 when none is. */
const lowestBit = (octet: number): number => (octet === 0 ? 8 : 31 - Math.clz32(octet & -octet))
