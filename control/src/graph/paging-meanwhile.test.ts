import { createRng } from '@muster/shared/core'
import { expect, it } from 'vitest'
import { type Entity, openGraph } from '../../test-support/graph.ts'
import { enrolmentRequest } from '../../test-support/office.ts'

const DEVICES = 150
const NEW_PER_PAGE = 2

it.each(['', '&$orderby=deviceName', '&$orderby=serialNumber desc', "&$filter=operatingSystem ne 'x'"])(
  'every device comes once, page by page, while devices report, check in, enrol and leave: %s',
  async (query) => {
    await using graph = await openGraph()
    const { office } = graph
    const rng = createRng(query)
    const enrolled = async (number: number) => {
      const name = `user-${Math.floor(number / 10)}`
      if (number % 10 === 0) await office.user(name)
      const { inventory } = enrolmentRequest()
      const { hardware } = inventory
      const serialNumber = `S${(number * 7_919) % 10_007}`
      return office.device({
        userPrincipalName: `${name}@contoso.example`,
        inventory: { ...inventory, hardware: { ...hardware, serialNumber } },
      })
    }
    const devices: Awaited<ReturnType<typeof office.device>>[] = []
    for (let number = 0; number < DEVICES; number++) devices.push(await enrolled(number))
    const seqs = new Map<string, number>()
    /** Some report, and are compliant or not; some check in; new ones come; one that is past leaves. */
    const meanwhile = async (page: number, shown: readonly string[]): Promise<void> => {
      for (const device of Array.from({ length: 12 }, () => rng.pick(devices))) {
        const seq = (seqs.get(device.id) ?? 0) + 1
        const { inventory } = device
        const posture = { ...inventory.posture, encrypted: rng.chance(0.5), freeStorageBytes: seq }
        if ((await office.stored(device.id)).lifecycle !== 'managed') continue
        await office.report(device, seq, { inventory: { ...inventory, posture } })
        seqs.set(device.id, seq)
        await office.visit(device)
      }
      for (let number = 0; number < NEW_PER_PAGE; number++) await enrolled(DEVICES + page * NEW_PER_PAGE + number)
      const leaving = await office.stored(rng.pick(shown))
      await office.store.devices.put([{ ...leaving, lifecycle: 'retired' }])
      office.clock.advance(60_000)
    }

    const seen: string[] = []
    let next: string | undefined = `/deviceManagement/managedDevices?$top=9${query}`
    for (let page = 0; next !== undefined; page++) {
      const body: Entity = await graph.get<Entity>(next)
      const shown = (body['value'] as { id: string }[]).map(({ id }) => id)
      seen.push(...shown)
      const link = body['@odata.nextLink'] as string | undefined
      next = link?.replace('https://localhost/beta', '')
      if (next !== undefined) await meanwhile(page, shown)
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(devices.filter(({ id }) => !seen.includes(id))).toEqual([])
    expect(seqs.size).toBeGreaterThan(DEVICES / 2)
  },
)
