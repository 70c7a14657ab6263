import { type DeviceTrace, Guid, type LiveEvent } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Command } from 'commander'
import { listAll } from '../client/graph.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { DATA_DIR, readConnection } from './data-directory.ts'
import { type Output, outputOption, plain, renderRecord, renderRecords } from './records.ts'

const DEVICES = '/v1.0/deviceManagement/managedDevices'

const COLUMNS = [
  'id',
  'deviceName',
  'operatingSystem',
  'osVersion',
  'complianceState',
  'userPrincipalName',
  'lastSyncDateTime',
] as const

interface DevicesFlags {
  readonly data: string
  readonly json?: boolean
  readonly output: Output
}

type ListFlags = DevicesFlags & { readonly filter?: string; readonly platform?: string; readonly state?: string } & {
  readonly top: string
}

export function addDevices(program: Command): void {
  const devices = program.command('devices').description('look at devices, and at who speaks for them')
  const command = (name: string, description: string): Command =>
    devices.command(name).description(description).option('--data <dir>', 'data directory of the Muster', DATA_DIR)
  command('list', 'managed devices')
    .option('--filter <odata>', "a Graph filter, such as complianceState eq 'noncompliant'")
    .option('--platform <name>', 'devices of this platform: windows, macOS, iOS …')
    .option('--state <state>', 'devices of this compliance state: compliant, noncompliant, inGracePeriod …')
    .option('--top <n>', 'how many', '50')
    .addOption(outputOption())
    .option('--json', 'the same as -o json')
    .action((flags: ListFlags) => withClient(flags.data, (client) => list(client, flags)))
  command('get', 'one device, whole, with its compliance policies')
    .argument('<device>', 'its id, name or serial number')
    .addOption(outputOption().default('json'))
    .action((device: string, flags: DevicesFlags) => withClient(flags.data, (client) => get(client, device, flags)))
  command('watch', 'what happens, as it happens, until Ctrl-C')
    .argument('[device]', 'only of this one: its id, name or serial number')
    .option('--json', 'a JSON document a line')
    .action((device: string | undefined, flags: DevicesFlags) =>
      withClient(flags.data, (client) => watch(client, device, flags)),
    )
  command('revoke', 'revoke the certificates of a device: nothing that it says counts any more')
    .argument('<device>', 'its id, name or serial number')
    .option('--reason <reason>', 'unspecified, keyCompromise or cessationOfOperation', 'unspecified')
    .action((device: string, flags: DevicesFlags & { readonly reason: string }) =>
      withClient(flags.data, (client) => act(client, device, 'revoke', { reason: flags.reason })),
    )
  command('transfer', 'have another agent speak for a device')
    .argument('<device>', 'its id, name or serial number')
    .requiredOption('--to <agent>', 'id of the agent')
    .action((device: string, flags: DevicesFlags & { readonly to: string }) =>
      withClient(flags.data, (client) => act(client, device, 'transfer', { agentId: flags.to })),
    )
  command('trace', 'why a device is as it is, and its story in order')
    .argument('<device>', 'its id, name, serial number, or name in the simulation')
    .option('--json', 'as JSON, with what the service and the device hold')
    .action((device: string, flags: DevicesFlags) => withClient(flags.data, (client) => trace(client, device, flags)))
}

export async function withClient(dataDir: string, work: (client: HttpClient) => Promise<void>): Promise<void> {
  const client = createHttpClient(readConnection(dataDir))
  try {
    await work(client)
  } finally {
    client.close()
  }
}

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`

async function list(client: HttpClient, { filter, platform, state, top, json, output }: ListFlags): Promise<void> {
  if (!/^[1-9]\d*$/.test(top))
    throw new CodedError('cli/usage', `--top takes a whole number from 1, not ${JSON.stringify(top)}`)
  const filters = [
    ...(filter === undefined ? [] : [`(${filter})`]),
    ...(platform === undefined ? [] : [`operatingSystem eq ${quoted(platform)}`]),
    ...(state === undefined ? [] : [`complianceState eq ${quoted(state)}`]),
  ]
  const query = filters.length === 0 ? '' : `&$filter=${encodeURIComponent(filters.join(' and '))}`
  const { value } = (await client.call('GET', `${DEVICES}?$top=${top}&$select=${COLUMNS.join(',')}${query}`)) as {
    value: readonly Readonly<Record<string, unknown>>[]
  }
  process.stdout.write(renderRecords(value, COLUMNS, json ? 'json' : output))
}

/** The id of the device that somebody means. @throws CodedError `cli/usage` when it is none, or more than one */
async function idOf(client: HttpClient, device: string): Promise<string> {
  const id = await findId(client, device)
  if (id === undefined) throw unknownDevice(device)
  return id
}

const unknownDevice = (device: string): CodedError =>
  new CodedError('cli/usage', `no device has ${JSON.stringify(device)} as its id, name or serial number`)

async function findId(client: HttpClient, device: string): Promise<string | undefined> {
  if (Guid.safeParse(device).success) return device
  const filter = `deviceName eq ${quoted(device)} or serialNumber eq ${quoted(device)}`
  const found = await listAll(client, `${DEVICES}?$select=id&$filter=${encodeURIComponent(filter)}`)
  const [first, second] = found as readonly { readonly id: string }[]
  if (second !== undefined)
    throw new CodedError(
      'cli/usage',
      `${found.length} devices are called ${JSON.stringify(device)}: name one by its id, such as ${first?.id}`,
    )
  return first?.id
}

async function get(client: HttpClient, device: string, { output }: DevicesFlags): Promise<void> {
  const path = `${DEVICES}/${await idOf(client, device)}`
  const [record, deviceCompliancePolicyStates] = await Promise.all([
    client.call('GET', path),
    listAll(client, `${path}/deviceCompliancePolicyStates`),
  ])
  process.stdout.write(renderRecord({ ...(record as object), deviceCompliancePolicyStates }, output))
}

async function act(client: HttpClient, device: string, what: string, body: object): Promise<void> {
  const done = await client.call('POST', `/_muster/devices/${await idOf(client, device)}/${what}`, body)
  process.stdout.write(renderRecord(done as Readonly<Record<string, unknown>>, 'json'))
}

async function trace(client: HttpClient, device: string, { json }: DevicesFlags): Promise<void> {
  const story = await storyOf(client, device)
  process.stdout.write(json ? `${JSON.stringify(story, null, 2)}\n` : storyText(story))
}

/** A device that is not enrolled has no id yet: it goes by its name in the simulation. */
async function storyOf(client: HttpClient, device: string): Promise<DeviceTrace> {
  const path = (name: string): string => `/_muster/devices/${encodeURIComponent(name)}/trace`
  const id = await findId(client, device)
  try {
    return (await client.call('GET', path(id ?? device))) as DeviceTrace
  } catch (error) {
    if (id === undefined && (error as { code?: string }).code === 'client/refused') throw unknownDevice(device)
    throw error
  }
}

function storyText({ explanation: { summary, because }, entries }: DeviceTrace): string {
  const causes = because.map(({ level, text }) => `  ${'   '.repeat(level)}${level === 0 ? '•' : '←'} ${plain(text)}\n`)
  return [
    ...summary.map((sentence) => `${plain(sentence)}\n`),
    ...(causes.length > 0 ? ['\nbecause\n', ...causes] : []),
    '\nwhat happened\n',
    ...entries.map(line),
  ].join('')
}

const line = ({ atMs, what, text }: { atMs: number; what: string; text: string }): string =>
  `${new Date(atMs).toISOString()}  ${what.padEnd(12)} ${plain(text)}\n`

async function watch(client: HttpClient, device: string | undefined, { json }: DevicesFlags): Promise<void> {
  const id = device === undefined ? undefined : await idOf(client, device)
  const stopped = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve())
  const forget = client.watch((event: LiveEvent) => {
    if (event.type !== 'event' || event.deviceId === undefined || (id !== undefined && event.deviceId !== id)) return
    process.stdout.write(json ? `${JSON.stringify(event)}\n` : `${event.deviceId}  ${line(event)}`)
  })
  // The pipe behind it may be closed first: `muster devices watch | head`.
  process.stdout.once('error', () => stopped.resolve())
  await stopped.promise
  forget()
}
