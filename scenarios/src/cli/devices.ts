import type { DeviceTrace } from '@muster/shared/contracts'
import type { Command } from 'commander'
import { listAll } from '../client/graph.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { DATA_DIR, readConnection } from './up.ts'

const COLUMNS = [
  'id',
  'deviceName',
  'operatingSystem',
  'osVersion',
  'complianceState',
  'userPrincipalName',
  'lastSyncDateTime',
] as const

export function addDevices(program: Command): void {
  const devices = program.command('devices').description('look at devices')
  devices
    .command('list')
    .description('managed devices')
    .option('--filter <odata>', "a Graph filter, such as complianceState eq 'noncompliant'")
    .option('--top <n>', 'how many', '50')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .option('--json', 'as JSON')
    .action(async ({ filter, top, data, json }: { filter?: string; top: string; data: string; json?: boolean }) =>
      withClient(data, async (client) => {
        const query = `$top=${encodeURIComponent(top)}&$select=${COLUMNS.join(',')}${filter === undefined ? '' : `&$filter=${encodeURIComponent(filter)}`}`
        const { value } = (await client.call('GET', `/v1.0/deviceManagement/managedDevices?${query}`)) as {
          value: readonly Readonly<Record<string, unknown>>[]
        }
        process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : table(value))
      }),
    )
  devices
    .command('get')
    .description('one device, whole')
    .argument('<id>')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .action(async (id: string, { data }: { data: string }) =>
      withClient(data, async (client) => {
        const device = await client.call('GET', `/v1.0/deviceManagement/managedDevices/${encodeURIComponent(id)}`)
        const policies = await listAll(
          client,
          `/v1.0/deviceManagement/managedDevices/${encodeURIComponent(id)}/deviceCompliancePolicyStates`,
        )
        process.stdout.write(
          `${JSON.stringify({ ...(device as object), deviceCompliancePolicyStates: policies }, null, 2)}\n`,
        )
      }),
    )
  devices
    .command('trace')
    .description("a device's story, in order")
    .argument('<id>')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .option('--json', 'as JSON')
    .action(async (id: string, { data, json }: { data: string; json?: boolean }) =>
      withClient(data, async (client) => {
        const trace = (await client.call('GET', `/_muster/devices/${encodeURIComponent(id)}/trace`)) as DeviceTrace
        if (json) process.stdout.write(`${JSON.stringify(trace, null, 2)}\n`)
        else
          for (const { atMs, what, text } of trace.entries)
            process.stdout.write(`${new Date(atMs).toISOString()}  ${what.padEnd(12)} ${text}\n`)
      }),
    )
}

async function withClient(dataDir: string, work: (client: HttpClient) => Promise<void>): Promise<void> {
  const client = createHttpClient(readConnection(dataDir))
  try {
    await work(client)
  } finally {
    client.close()
  }
}

function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const cells = [COLUMNS.map(String), ...rows.map((row) => COLUMNS.map((column) => String(row[column] ?? '')))]
  const widths = COLUMNS.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
