/** Let go of what a map has held longest, until it holds `entriesMax` at the most. */
export function dropOldest(map: Map<unknown, unknown>, entriesMax: number): void {
  if (map.size <= entriesMax) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    if (map.size <= entriesMax) return
  }
}
