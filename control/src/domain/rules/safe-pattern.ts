const LENGTH_MAX = 256

/**
 * Why a regular expression may not stand in a rule; `undefined` when it may. A repeated group that itself repeats or
 * branches can take exponential time, and back-references cannot be bounded at all, so both are refused.
 */
export function patternObjection(source: string): string | undefined {
  if (source.length > LENGTH_MAX)
    return `the pattern has ${source.length} characters, at most ${LENGTH_MAX} are allowed`
  if (/\\[1-9k]/.test(source)) return 'back-references are not allowed'
  if (/\(\?/.test(source)) return 'look-around and named groups are not allowed'
  if (repeatsAmbiguously(source)) return 'a repeated group may not itself repeat or branch'
  // One star is linear, two on one text quadratic: three and more are refused with a text of a thousand characters in mind.
  if ((plain(source).match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0) > 3)
    return 'the pattern repeats in more than three places'
  try {
    new RegExp(source)
    return undefined
  } catch {
    return 'the pattern is not a regular expression'
  }
}

/** The pattern without escaped characters and classes, which repeat nothing. */
const plain = (source: string): string => source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x')

function repeatsAmbiguously(source: string): boolean {
  const text = plain(source)
  const starts: number[] = []
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') starts.push(index)
    if (text[index] !== ')') continue
    const inside = text.slice((starts.pop() ?? 0) + 1, index)
    if (/[*+{]/.test(text[index + 1] ?? '') && /[*+?{|]/.test(inside)) return true
  }
  return false
}
