import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { subjects } from '@muster/shared/contracts'
import { MINUTE_MS } from '@muster/shared/core'
import { expect, it } from 'vitest'
import { fleetPath, openFleetFile } from '../adapters/fleet-file.ts'
import { compliance, configuration } from '../domain/device.test-support.ts'
import { belongsTo, TENANT } from './service.test-support.ts'
import { createWorld, eventually, population, statesOf } from './world.test-support.ts'

it.each(['stopped in order', 'killed'])(
  'a fleet that was %s goes on with its devices, certificates and numbers',
  async (how) => {
    const dir = mkdtempSync(join(tmpdir(), 'muster-restart-'))
    try {
      await using world = await createWorld()
      const { service, clock } = world
      const committed = (seq: number) => [...service.devices.values()].every(({ ackedSeq }) => ackedSeq === seq)
      const path = fleetPath(dir, 'agent-1')
      const file = openFleetFile(path, 'agent-1')
      const bus = world.broker.connect('agent-1')
      const first = await world.agent({ bus, keep: file.keep })
      await service.order('agent-1', population(20))
      await service.assign([configuration('c1', 1, 'a')])
      clock.advance(0)
      await eventually(() => expect(service.devices.size === 20 && committed(1)).toBe(true))
      if (how === 'killed') await bus.close()
      else {
        await first.stop()
        file.save(first.slots.values())
      }

      const again = openFleetFile(path, 'agent-1')
      const second = await world.agent({ bus: world.broker.connect('agent-1'), keep: again.keep })
      second.adopt(again.devices)
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
  },
)
