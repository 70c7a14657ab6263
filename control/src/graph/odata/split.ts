/**
 * The parts of a text between separators that stand outside of quotes and brackets. Undefined when a bracket or a quote has
 * no end.
 */
export function splitOutside(text: string, separator: string, quote: "'" | '"' = "'"): readonly string[] | undefined {
  const parts: string[] = []
  let depth = 0
  let isQuoted = false
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (char === quote) isQuoted = !isQuoted
    if (isQuoted) continue
    if (char === '(') depth++
    else if (char === ')' && --depth < 0) return undefined
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  if (isQuoted || depth !== 0) return undefined
  return [...parts, text.slice(start)]
}
