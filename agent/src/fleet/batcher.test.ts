import { systemClock } from '@muster/shared/runtime'
import { describe, expect, it } from 'vitest'
import { createBatcher } from './batcher.ts'

/** A batcher whose batches end when the test says so. */
function trial(options: { itemsMax: number; parallelMax: number }) {
  const sent: number[][] = []
  const ends: (() => void)[] = []
  const batcher = createBatcher<number>({
    ...options,
    lingerMs: 1,
    wall: systemClock(),
    send: (items) => {
      sent.push([...items])
      return new Promise((resolve) => ends.push(resolve))
    },
  })
  const endOne = async (): Promise<void> => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { batcher, sent, endOne }
}

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10))

describe('a batcher', () => {
  it('puts together what comes within a moment, in order', async () => {
    const { batcher, sent } = trial({ itemsMax: 10, parallelMax: 1 })
    for (const item of [1, 2, 3]) batcher.add(item)
    expect(sent).toEqual([])
    await aMoment()
    expect(sent).toEqual([[1, 2, 3]])
  })

  it('sends a full batch at once and never more than may be under way', async () => {
    const { batcher, sent, endOne } = trial({ itemsMax: 2, parallelMax: 2 })
    for (let item = 1; item <= 7; item++) batcher.add(item)
    await aMoment()
    expect(sent).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect([batcher.underWay, batcher.waiting]).toEqual([2, 3])
    await endOne()
    expect(sent.at(-1)).toEqual([5, 6])
    await endOne()
    expect(sent.at(-1)).toEqual([7])
  })

  it('keeps what comes while it is held, and sends it when released', async () => {
    const { batcher, sent } = trial({ itemsMax: 2, parallelMax: 4 })
    batcher.hold()
    for (const item of [1, 2, 3]) batcher.add(item)
    await aMoment()
    expect(sent).toEqual([])
    batcher.release()
    expect(sent.flat()).toEqual([1, 2, 3])
  })

  it('is idle when everything has been sent and answered', async () => {
    const { batcher, endOne } = trial({ itemsMax: 2, parallelMax: 1 })
    for (const item of [1, 2, 3]) batcher.add(item)
    let idle = false
    const waiting = batcher.idle().then(() => {
      idle = true
    })
    await endOne()
    expect(idle).toBe(false)
    await endOne()
    await waiting
    expect(idle).toBe(true)
  })
})
