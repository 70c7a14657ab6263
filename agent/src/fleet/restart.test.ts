import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { subjects } from '@muster/shared/contracts'
import { MINUTE_MS } from '@muster/shared/core'
import { expect, it } from 'vitest'
import { loadFleet, saveFleet, snapshotPath } from '../adapters/snapshot.ts'
import { compliance, configuration } from '../domain/device.test-support.ts'
import { belongsTo, TENANT } from './service.test-support.ts'
import { createWorld, eventually, population, statesOf } from './world.test-support.ts'

it('a fleet that is started again goes on with its devices, their certificates and their numbers', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-restart-'))
  try {
    await using world = await createWorld()
    const { service, clock } = world
    const committed = (seq: number) => [...service.devices.values()].every(({ ackedSeq }) => ackedSeq === seq)
    const first = await world.agent()
    await service.order('agent-1', population(20))
    await service.assign([configuration('c1', 1, 'a')])
    clock.advance(0)
    await eventually(() => expect(service.devices.size === 20 && committed(1)).toBe(true))
    await first.stop()
    const path = snapshotPath(dir, 'agent-1')
    saveFleet(path, 'agent-1', first.slots.values())

    const second = await world.agent({ bus: world.broker.connect('agent-1') })
    second.adopt(loadFleet(path, 'agent-1') ?? [])
    await service.order('agent-1', population(20))
    expect(second.slots.size).toBe(20)
    await service.assign([configuration('c1', 2, 'a'), compliance('c2', 1)])
    service.poke(subjects.pokeAll(TENANT), { reason: 'policy', spreadMs: 0, correlationId: 'p' })
    await eventually(() => {
      clock.advance(MINUTE_MS)
      expect(committed(2)).toBe(true)
    })

    expect(service.devices.size).toBe(20)
    expect(service.counts.enrolments).toBe(20)
    for (const { state, key } of second.slots.values()) {
      const device = service.devices.get(state.deviceId ?? '')
      expect(device?.reports.map(({ seq }) => seq)).toEqual([1, 2])
      expect(key && belongsTo(key, device?.certificate.certificate ?? '')).toBe(true)
    }
    expect(statesOf(second).map(({ key }) => key)).toEqual(statesOf(first).map(({ key }) => key))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
