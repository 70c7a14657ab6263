/** Whether a subject falls under a pattern: `*` stands for one token, a last `>` for one or more. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.')
  const tokens = subject.split('.')
  for (const [index, token] of wanted.entries()) {
    if (token === '>' && index === wanted.length - 1) return tokens.length > index
    if (index >= tokens.length || (token !== '*' && token !== tokens[index])) return false
  }
  return wanted.length === tokens.length
}
