import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'

const IMPORTED = '/deviceManagement/importedWindowsAutopilotDeviceIdentities'
const REGISTERED = '/deviceManagement/windowsAutopilotDeviceIdentities'

describe('Autopilot identities', () => {
  it('are imported, registered by serial number once, and changed', async () => {
    await using graph = await openGraph()
    const one = await graph.post<Entity>(IMPORTED, {
      serialNumber: 'A1',
      groupTag: 'kiosk',
      hardwareIdentifier: 'aGFzaA==',
    })
    expect(one['state']).toMatchObject({ deviceImportStatus: 'complete', deviceErrorCode: 0 })
    const { value } = await graph.post<{ value: Entity[] }>(`${IMPORTED}/import`, {
      importedWindowsAutopilotDeviceIdentities: [{ serialNumber: 'A1' }, { serialNumber: 'A2' }, {}],
    })
    expect(value.map(({ state }) => (state as Entity)['deviceErrorCode'])).toEqual([806, 0, 801])
    const devices = (await graph.get<{ value: Entity[] }>(REGISTERED)).value
    expect(devices).toMatchObject([
      { serialNumber: 'A1', groupTag: 'kiosk', enrollmentState: 'notContacted' },
      { serialNumber: 'A2' },
    ])
    const path = `${REGISTERED}/${devices[0]?.['id']}`
    expect((await graph.ask('POST', `${path}/updateDeviceProperties`, { groupTag: 'office' })).status).toBe(204)
    expect((await graph.ask('POST', `${path}/assignUserToDevice`, { userPrincipalName: 'ada@x' })).status).toBe(204)
    expect(await graph.get(path)).toMatchObject({ groupTag: 'office', userPrincipalName: 'ada@x' })
    expect((await graph.ask('POST', `${path}/assignUserToDevice`, {})).status).toBe(400)
    expect((await graph.ask('POST', `${IMPORTED}/import`, {})).status).toBe(400)
    expect((await graph.ask('DELETE', path)).status).toBe(200)
  })
})
