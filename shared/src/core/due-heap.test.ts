import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDueHeap } from './due-heap.ts'
import { manualClock } from './manual-clock.ts'

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

it('gives back what was pushed, earliest first and in order of pushing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const heap = createDueHeap<number>()
      for (const [index, atMs] of times.entries()) heap.push(atMs, index)
      const wanted = times.map((atMs, index) => ({ atMs, item: index })).sort((a, b) => a.atMs - b.atMs)
      const got = times.map(() => heap.pop())
      expect(got).toEqual(wanted)
      expect(heap.pop()).toBeUndefined()
    }),
  )
})

it('drives a clock that runs what is due in order and leaves out what was cancelled', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean())), (calls) => {
      const clock = manualClock(5)
      const ran: number[] = []
      for (const [index, [atMs, cancelled]] of calls.entries()) {
        const timer = clock.at(atMs, () => ran.push(index))
        if (cancelled) timer.cancel()
      }
      const kept = calls.flatMap(([atMs, cancelled], index) => (cancelled ? [] : [{ atMs: Math.max(5, atMs), index }]))
      expect(clock.pending).toBe(kept.length)
      clock.advanceTo(30)
      expect(ran).toEqual(kept.sort((a, b) => a.atMs - b.atMs).map(({ index }) => index))
      expect([clock.pending, clock.nextMs(), clock.nowMs()]).toEqual([0, undefined, 30])
    }),
  )
})

it('runs what is asked for on the way in the same sweep, and never at once', () => {
  const clock = manualClock(0)
  const seen: string[] = []
  clock.at(10, () => {
    clock.soon(() => seen.push(`soon at ${clock.nowMs()}`))
    clock.at(15, () => seen.push(`later at ${clock.nowMs()}`))
    seen.push('first')
  })
  clock.advance(20)
  expect(seen).toEqual(['first', 'soon at 10', 'later at 15'])
})
