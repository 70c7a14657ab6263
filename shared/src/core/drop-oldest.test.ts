import { expect, it } from 'vitest'
import { dropOldest } from './drop-oldest.ts'

it('lets go of what was put in first, and of nothing that there is room for', () => {
  const map = new Map([...'abcd'].map((key) => [key, key]))
  dropOldest(map, 4)
  expect([...map.keys()]).toEqual(['a', 'b', 'c', 'd'])
  // Put in again is put in last.
  map.delete('a')
  map.set('a', 'a')
  dropOldest(map, 2)
  expect([...map.keys()]).toEqual(['d', 'a'])
})
