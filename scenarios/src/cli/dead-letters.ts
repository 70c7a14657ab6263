import { DeadLetter, DeadLetterPage, ReplayReply } from '@muster/shared/contracts'
import type { Command } from 'commander'
import type { HttpClient } from '../client/http-client.ts'
import { DATA_DIR } from './data-directory.ts'
import { withClient } from './devices.ts'
import { type Output, outputOption, renderRecord, renderRecords } from './records.ts'

interface Flags {
  readonly data: string
  readonly output: Output
  readonly code?: string
}

const COLUMNS = ['id', 'code', 'subject', 'times', 'last', 'bytes', 'replayed', 'reason'] as const

/** What the service has refused, with the reason: to look at, to try again, to let go. */
export function addDeadLetters(program: Command): void {
  const letters = program.command('dlq').description('dead letters: messages that were refused, and why')
  const command = (name: string, description: string): Command =>
    letters.command(name).description(description).option('--data <dir>', 'data directory of the Muster', DATA_DIR)
  command('list', 'what is there, newest first')
    .option('--code <code>', 'only those that were refused with this code')
    .addOption(outputOption())
    .action((flags: Flags) => withClient(flags.data, (client) => list(client, flags)))
  command('show', 'one dead letter with its message')
    .argument('<id>', 'its id')
    .addOption(outputOption().default('json'))
    .action((id: string, flags: Flags) => withClient(flags.data, (client) => show(client, id, flags)))
  command('replay', 'give messages to their doors again, as they came')
    .argument('<id...>', 'their ids')
    .action((ids: readonly string[], flags: Flags) => withClient(flags.data, (client) => replay(client, ids)))
  command('drop', 'let dead letters go')
    .argument('<id...>', 'their ids')
    .action((ids: readonly string[], flags: Flags) => withClient(flags.data, (client) => drop(client, ids)))
}

const pathOf = (id: string): string => `/_muster/dlq/${encodeURIComponent(id)}`

async function list(client: HttpClient, { code, output }: Flags): Promise<void> {
  const rows: Readonly<Record<string, unknown>>[] = []
  for (let before: string | undefined = ''; before !== undefined; ) {
    const query = new URLSearchParams({ ...(code === undefined ? {} : { code }), ...(before === '' ? {} : { before }) })
    const page: DeadLetterPage = DeadLetterPage.parse(await client.call('GET', `/_muster/dlq?${query}`))
    for (const letter of page.letters) rows.push({ ...letter, last: new Date(letter.lastAtMs).toISOString() })
    before = page.next
  }
  process.stdout.write(renderRecords(rows, COLUMNS, output))
}

async function show(client: HttpClient, id: string, { output }: Flags): Promise<void> {
  process.stdout.write(renderRecord(DeadLetter.parse(await client.call('GET', pathOf(id))), output))
}

async function replay(client: HttpClient, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const { outcome } = ReplayReply.parse(await client.call('POST', `${pathOf(id)}/replay`))
    process.stdout.write(`${id}  ${outcome}\n`)
  }
}

async function drop(client: HttpClient, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await client.call('DELETE', pathOf(id))
    process.stdout.write(`${id}  dropped\n`)
  }
}
