import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDueHeap } from './due-heap.ts'

it('gives out the earliest first, whatever comes and goes in between', () => {
  const moves = fc.array(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant('pop' as const)), { maxLength: 200 })
  fc.assert(
    fc.property(moves, (given) => {
      const heap = createDueHeap<number>()
      const model: number[] = []
      for (const move of given) {
        if (move === 'pop') {
          model.sort((a, b) => a - b)
          const earliest = model.shift()
          expect(heap.pop()).toEqual(earliest === undefined ? undefined : { atMs: earliest, item: earliest })
        } else {
          heap.push(move, move)
          model.push(move)
        }
        expect(heap.size).toBe(model.length)
        expect(heap.peekMs()).toBe(model.length === 0 ? undefined : Math.min(...model))
      }
    }),
  )
})
