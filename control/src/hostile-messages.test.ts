import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type BusMessage, createRng } from '@muster/shared/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type HostileOffice, openHostileOffice } from '../test-support/hostile-office.ts'
import { mutateMessage } from '../test-support/mutate-message.ts'

const CASES = Number(process.env['MUSTER_FUZZ_CASES'] ?? 4_000)
const SEED = process.env['MUSTER_FUZZ_SEED'] ?? String(Date.now())
/** Messages after which all that is stored is looked at. */
const TOGETHER = 250
/** More than what is counted and remembered of refusals, and less than what a leak of a few bytes a message comes to. */
const HEAP_MAX = 48 * 1_048_576

let target: HostileOffice
beforeEach(async () => {
  target = await openHostileOffice()
})
afterEach(() => target?.[Symbol.asyncDispose]())

const shown = ({ subject, payload }: BusMessage): string =>
  `${subject} ${Buffer.from(payload).toString('latin1').slice(0, 2_000)}`

/** Bring all of them; nothing may be thrown that nobody had thought of, and nothing may change. */
async function expectHarmless(messages: readonly BusMessage[]): Promise<void> {
  const before = target.digest()
  for (const message of messages) expect(await target.deliver(message), shown(message)).toEqual([])
  if (target.digest() === before) return
  const [culprit = 'one of them, and not again'] = await thoseThatChange(messages)
  expect.fail(`a message changed what is stored (seed ${SEED}): ${culprit}`)
}

/** Of messages that changed something together: those that do so again. */
async function thoseThatChange(messages: readonly BusMessage[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const message of messages) {
    const before = target.digest()
    await target.deliver(message)
    if (target.digest() !== before) found.push(shown(message))
  }
  return found
}

function heapNow(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

it('what was changed, cut, mixed or said again is never taken, whatever it is; honest messages between are', async () => {
  const rng = createRng(SEED)
  let settledBytes = 0
  for (let from = 0; from < CASES; from += TOGETHER) {
    const messages = Array.from({ length: Math.min(TOGETHER, CASES - from) }, (_, index) =>
      mutateMessage(target.spent, rng.fork(String(from + index))),
    )
    await expectHarmless(messages)
    await target.settle()
    if ((from / TOGETHER) % 20 === 0) {
      for (const honest of target.honestly()) {
        const before = target.digest()
        expect(await target.deliver(honest)).toEqual([])
        expect(target.digest(), shown(honest)).not.toBe(before)
      }
    }
    if (settledBytes === 0 && from >= CASES / 4) settledBytes = heapNow()
  }
  expect(heapNow() - settledBytes).toBeLessThan(HEAP_MAX)
  expect(target.control.meters.reports.deadLetters).toBeGreaterThan(0)
}, 3_600_000)
