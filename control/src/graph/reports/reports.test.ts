import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../../test-support/graph.ts'

const JOBS = '/deviceManagement/reports/exportJobs'

/** Export a report; the content of the one file in the zip. */
async function exported(graph: GraphOffice, body: Entity): Promise<string> {
  const job = await graph.post<Entity>(JOBS, body)
  expect(job).toMatchObject({ status: 'notStarted', url: null, expirationDateTime: '0001-01-01T00:00:00Z' })
  await graph.control.background.idle()
  const done = await graph.get<Entity>(`${JOBS}('${job['id']}')`)
  expect(done['status']).toBe('completed')
  const url = new URL(String(done['url']))
  const { status, body: bytes } = await graph.raw('GET', `${url.pathname}${url.search}`, undefined)
  expect(status).toBe(200)
  const files = unzipSync(bytes as unknown as Uint8Array)
  expect(Object.keys(files)).toEqual([`${job['id']}.${body['format'] ?? 'csv'}`])
  return strFromU8(Object.values(files)[0] ?? new Uint8Array())
}

describe('an exported report', () => {
  it('is a zip with the columns that were asked for, localized beside them, and the rows that match', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const csv = await exported(graph, {
      reportName: 'Devices',
      filter: "(OwnerType eq '1')",
      select: ['DeviceName', 'ownerType', 'DeviceId'],
      localizationType: 'LocalizedValuesAsAdditionalColumn',
    })
    expect(csv).toBe(
      `DeviceName,OwnerType,OwnerType_loc,DeviceId\r\n${device.inventory.deviceName},1,Company,${device.id}\r\n`,
    )
    expect(await exported(graph, { reportName: 'Devices', filter: "OwnerType eq '2'", select: ['DeviceId'] })).toBe(
      'DeviceId\r\n',
    )
  })

  it('is JSON as well, with localized values in the place of codes', async () => {
    await using graph = await openGraph()
    await graph.office.device()
    const json = await exported(graph, {
      reportName: 'DevicesWithoutCompliancePolicy',
      format: 'json',
      select: ['OwnerType', 'OS'],
      localizationType: 'ReplaceLocalizableValues',
    })
    expect(JSON.parse(json)).toMatchObject({ values: [{ OwnerType: 'Company', OS: 'Linux (ubuntu)' }] })
  })

  it('is refused for what no report has, and given only to who knows its address', async () => {
    await using graph = await openGraph()
    const unknown = await graph.ask('POST', JOBS, { reportName: 'Device' })
    expect([unknown.status, JSON.stringify(unknown.body)]).toEqual([400, expect.stringContaining('Devices')])
    for (const wrong of [{ select: ['Colour'] }, { filter: "Colour eq 'red'" }, { filter: 'OwnerType eq' }])
      expect((await graph.ask('POST', JOBS, { reportName: 'Devices', ...wrong })).status).toBe(400)
    const job = await graph.post<Entity>(JOBS, { reportName: 'Devices' })
    await graph.control.background.idle()
    expect((await graph.raw('GET', `/_blobs/exports/${job['id']}.zip?sig=x`, undefined)).status).toBe(404)
    expect((await graph.ask('DELETE', `${JOBS}/${job['id']}`)).status).toBe(204)
    expect((await graph.ask('GET', `${JOBS}/${job['id']}`)).status).toBe(404)
  })
})

describe('a report asked for at once', () => {
  it('is a table with its schema, ordered and cut', async () => {
    await using graph = await openGraph()
    const devices = [await graph.office.device(), await graph.office.device(), await graph.office.device()]
    const names = devices.map(({ inventory }) => inventory.deviceName).toSorted()
    const report = await graph.post<Entity>('/deviceManagement/reports/getDevicesWithoutCompliancePolicyReport', {
      select: ['DeviceName'],
      orderBy: ['DeviceName desc'],
      skip: 1,
      top: 1,
    })
    expect(report).toEqual({
      TotalRowCount: 3,
      Schema: [{ Column: 'DeviceName', PropertyType: 'String' }],
      Values: [[names[1]]],
      SessionId: '',
    })
  })
})
