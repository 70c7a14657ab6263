import { readFileSync } from 'node:fs'
import { CodedError } from '@muster/shared/core'
import { type Command, Option } from 'commander'
import { listAll } from '../client/graph.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { DATA_DIR, readConnection } from './data-directory.ts'

interface TokenFlags {
  readonly data: string
  readonly client?: string
  readonly secret?: string
  readonly scope: string
}

interface GraphFlags {
  readonly data: string
  readonly beta?: boolean
  readonly body?: string
  readonly filter?: string
  readonly select?: string
  readonly expand?: string
  readonly orderby?: string
  readonly top?: string
  readonly all?: boolean
  readonly header?: readonly string[]
}

const METHODS = ['get', 'post', 'patch', 'put', 'delete'] as const

/** `token` and `graph`: what a script needs of the API without a client library. */
export function addGraph(program: Command): void {
  program
    .command('token')
    .description('print an access token for Graph')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .option('--client <id>', 'for this application instead of the own one')
    .option('--secret <text>', 'its secret')
    .option('--scope <scope>', 'what to ask for', 'https://graph.microsoft.com/.default')
    .action(printToken)
  const graph = program.command('graph').description('ask Graph, and print what it answers')
  for (const method of METHODS) {
    const command = graph
      .command(method)
      .description(`${method.toUpperCase()} a path such as /deviceManagement/managedDevices`)
      .argument('<path>', 'below the version; /v1.0 and /beta may stand before it')
      .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
      .option('--beta', 'ask /beta instead of /v1.0')
      .option('--header <name: value>', 'send a header, as often as needed', collect)
    if (method === 'get') withQuery(command)
    else if (method !== 'delete')
      command.option('--body <json>', 'the body, @FILE for what is in a file, or - for the input')
    command.action((path: string, flags: GraphFlags) => ask(method, path, flags))
  }
}

function withQuery(command: Command): void {
  command
    .option('--filter <expression>', 'OData $filter')
    .option('--select <names>', 'OData $select')
    .option('--expand <names>', 'OData $expand')
    .option('--orderby <names>', 'OData $orderby')
    .option('--top <n>', 'OData $top: so many in a page')
    .addOption(new Option('--all', 'every page, as one list'))
}

async function printToken({ data, client: clientId, secret, scope }: TokenFlags): Promise<void> {
  const connection = readConnection(data)
  if (clientId !== undefined && secret === undefined)
    throw new CodedError('cli/usage', '--client needs the --secret of that application')
  const other = clientId === undefined ? {} : { clientId, clientSecret: secret ?? '' }
  const client = createHttpClient({ ...connection, ...other }, { scope })
  try {
    process.stdout.write(`${(await client.authorization()).replace(/^Bearer /, '')}\n`)
  } finally {
    client.close()
  }
}

async function ask(method: (typeof METHODS)[number], path: string, flags: GraphFlags): Promise<void> {
  const url = addressOf(path, flags)
  const body = flags.body === undefined ? undefined : readBody(flags.body)
  const client: HttpClient = createHttpClient(readConnection(flags.data), { headers: readHeaders(flags.header) })
  try {
    const answer = flags.all
      ? { value: await listAll(client, url) }
      : await client.call(method.toUpperCase(), url, body)
    if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
  } finally {
    client.close()
  }
}

function addressOf(path: string, flags: GraphFlags): string {
  const below = path.startsWith('/') ? path : `/${path}`
  const whole = /^\/(v1\.0|beta)\//i.test(below) ? below : `/${flags.beta ? 'beta' : 'v1.0'}${below}`
  const { filter, select, expand, orderby, top } = flags
  const options = Object.entries({ filter, select, expand, orderby, top }).flatMap(([name, value]) =>
    value === undefined ? [] : [`$${name}=${encodeURIComponent(value)}`],
  )
  if (options.length === 0) return whole
  return `${whole}${whole.includes('?') ? '&' : '?'}${options.join('&')}`
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/**
 * Headers as curl takes them, by name in lower case.
 * @throws CodedError `cli/usage`
 */
function readHeaders(given: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*([\t\x20-\x7e]*)$/.exec(text) ?? []
      if (name === undefined || value === undefined)
        throw new CodedError('cli/usage', `--header is 'Name: value', not ${JSON.stringify(text)}`)
      return [name.toLowerCase(), value.trim()]
    }),
  )
}

/** @throws CodedError `cli/usage` */
function readBody(given: string): unknown {
  const isFile = given.startsWith('@')
  const source = given === '-' ? 'the input' : isFile ? given.slice(1) : '--body'
  let text: string
  try {
    text = given === '-' ? readFileSync(0, 'utf8') : isFile ? readFileSync(given.slice(1), 'utf8') : given
  } catch (cause) {
    throw new CodedError('cli/usage', `${source} cannot be read: ${(cause as Error).message}`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CodedError('cli/usage', `${source} is not JSON: ${(cause as Error).message}`, { cause })
  }
}
