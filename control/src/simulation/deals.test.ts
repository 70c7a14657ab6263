import { type PlatformName, PopulationGroup, type WorkerHello } from '@muster/shared/contracts'
import { expect, it } from 'vitest'
import { dealsOf } from './deals.ts'

const group = (platform: PlatformName, count: number): PopulationGroup =>
  PopulationGroup.parse({ name: platform.toLowerCase(), platform, mode: 'any', count })

const worker = (agentId: string, capacity: number, platforms?: PlatformName[], enrolled = 0) => ({
  agentId,
  capacity,
  devices: { enrolled } as WorkerHello['devices'],
  ...(platforms ? { platforms } : {}),
})

const dealt = (groups: PopulationGroup[], workers: ReturnType<typeof worker>[]) =>
  dealsOf(groups, workers).map(({ groups: part, workers: takers, shares }) => [
    part.map(({ platform }) => platform).join(' '),
    takers.map(({ agentId }, index) => `${agentId} ${shares?.[index]}`).join(', '),
  ])

it('workers that take everything share everything, as evenly as they have room', () => {
  const groups = [group('windows', 60), group('linux', 40)]
  expect(dealt(groups, [worker('a', 100), worker('b', 100)])).toEqual([['windows linux', 'a 50, b 50']])
  expect(dealt(groups, [worker('a', 100), worker('b', 100, undefined, 90)])).toEqual([['windows linux', 'a 90, b 10']])
})

it('devices go to workers of their platform, and to those that take everything as far as these have room left', () => {
  const groups = [group('windows', 60), group('linux', 40), group('iOS', 10)]
  const workers = [worker('w', 100, ['windows']), worker('any', 80), worker('l', 100, ['linux', 'iOS'])]
  expect(dealt(groups, workers)).toEqual([
    ['windows', 'w 30, any 30'],
    ['linux iOS', 'any 25, l 25'],
  ])
  expect(dealt([group('windows', 60), group('iOS', 50)], [worker('w', 10, ['windows']), worker('any', 100)])).toEqual([
    ['iOS', 'any 50'],
    ['windows', 'w 10, any 50'],
  ])
})

it('what nobody takes, or nobody has room for, has no shares', () => {
  const [deal] = dealsOf([group('tvOS', 3)], [worker('w', 10, ['windows'])])
  expect(deal).toMatchObject({ wanted: 3, room: 0 })
  expect(deal?.shares).toBeUndefined()
  expect(dealt([group('windows', 11)], [worker('w', 10, ['windows'])])).toEqual([['windows', 'w undefined']])
})
