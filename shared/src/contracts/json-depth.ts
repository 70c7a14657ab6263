/** Lists and objects within each other that a door reads; what Graph and devices say needs a third of it. */
export const JSON_DEPTH_MAX = 64

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT, QUOTE] = [0x5b, 0x5d, 0x7b, 0x7d, 0x22]
const BACKSLASH = 0x5c

/**
 * Whether lists and objects of a JSON text are in each other more than `depthMax` times. One walk over the text before it is
 * parsed, without recursion: whoever walks the value afterwards may recurse. Of a text that is no JSON it says something, and
 * the parser refuses it.
 */
export function isDeeperThan(text: string, depthMax: number): boolean {
  if (text.length <= depthMax) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === QUOTE) at = endOfString(text, at)
    else if (sign === OPEN_LIST || sign === OPEN_OBJECT) {
      depth++
      if (depth > depthMax) return true
    } else if (sign === CLOSE_LIST || sign === CLOSE_OBJECT) depth--
  }
  return false
}

/** Where the quote is that ends the string which begins at `from`; the end of the text where there is none. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at
    while (text.charCodeAt(before - 1) === BACKSLASH) before--
    if ((at - before) % 2 === 0) return at
  }
  return text.length
}
