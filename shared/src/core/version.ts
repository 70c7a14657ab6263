/**
 * Orders two dotted version numbers as numbers, part by part; missing parts count as zero, so `26` equals `26.0.0`. What is
 * no number counts as zero too: versions come from devices, and a comparison must not fail on them.
 * Returns a negative number, zero or a positive number, as `Array.sort` expects.
 */
export function compareVersions(a: string, b: string): number {
  const left = parts(a)
  const right = parts(b)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

const parts = (version: string): number[] => version.split('.').map((part) => Number.parseInt(part, 10) || 0)
