import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeadLetterPage, encode, Invitation, type Stats, subjects } from '@muster/shared/contracts'
import { createNatsBus, principalOf } from '@muster/shared/runtime'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { almighty, givenNatsServer } from '../../../shared/test-support/nats.ts'
import { processesOf, startMuster } from '../../test-support/command.ts'
import { ADA, laptops, PATIENT } from '../../test-support/live.ts'
import { everythingIn, type Found, type Known, toldBy } from '../../test-support/secrets.ts'
import { readConnection } from '../cli/data-directory.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'

const DEVICES = 10
const USER_PASSWORD = 'Correct-Horse-1-Battery'
const CONFIGURED = { clientId: '7f0c34ab-6c1c-4c0e-9c53-1d1f0b5f2a11', clientSecret: 'configured-by-hand-0123456789' }

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-secrets-'))
})
afterEach(async () => {
  await startMuster(dir, ['down', '--data', join(dir, 'data')]).ended
  for (const pid of processesOf(dir)) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
  rmSync(dir, { recursive: true, force: true })
})

/** The files that secrets are kept in, and what is meant for everybody. */
const KEEPERS: readonly RegExp[] = [
  /^control\/(connection|identity|signing-keys)\.json$/,
  /^control\/pki\/[a-z-]+\.key$/,
  /^nats\/identity\/[a-z]+\.json$/,
  /^nats\/tls\.key$/,
  /^fleets\/(agent|fleet)-[\w.-]+$/,
  /^worker\.json$/,
]
const isKeeper = (path: string): boolean => KEEPERS.some((keeper) => keeper.test(path))
/** Tokens of accounts say who signs for whom; they are no secret, and let nobody in. */
const saysWhoSigns = (path: string): boolean => /^nats\/(nats\.conf|accounts\/\w+\.jwt)$/.test(path)
const isForEverybody = (path: string): boolean => /^control\/pki\/[a-z-]+\.pem$|^nats\/ports\/[\w-]+\.ports$/.test(path)

/** What has a secret and is not there for it. */
const leaksOf = (found: readonly Found[]): string[] =>
  found
    .filter(({ path }) => !isKeeper(path))
    .flatMap(({ path, secrets }) =>
      secrets.filter((secret) => !(secret === 'a token' && saysWhoSigns(path))).map((secret) => `${secret} in ${path}`),
    )

/** What others on the machine could read. */
const openOnes = (found: readonly Found[]): string[] =>
  found
    .filter(({ path, mode }) => (mode & 0o077) !== 0 && !isForEverybody(path))
    .map(({ path, mode }) => `${path} ${mode.toString(8)}`)

const post = <T>(client: HttpClient, path: string, body: object): Promise<T> =>
  client.call('POST', path, body) as Promise<T>

/** A secret that an application was given. */
async function registeredSecret(client: HttpClient): Promise<string> {
  const { id } = await post<{ id: string }>(client, '/v1.0/applications', { displayName: 'reporting' })
  return (await post<{ secretText: string }>(client, `/v1.0/applications/${id}/addPassword`, {})).secretText
}

async function populate(client: HttpClient): Promise<void> {
  await post(client, '/v1.0/users', ADA)
  await post(client, '/_muster/population', laptops(DEVICES))
  await post(client, '/_muster/population', {
    ...laptops(1, { name: 'phones', platform: 'iOS', mode: 'mam-only', count: 2 }),
    seed: 'phones',
  })
  await vi.waitFor(async () => {
    const { devices } = (await client.call('GET', '/_muster/stats')) as Stats
    expect(devices.managed).toBe(DEVICES)
  }, PATIENT)
}

/** The secrets of enrolment tokens that an agent was given. */
const enrolmentTokens = (data: string): Known =>
  Object.fromEntries(
    readdirSync(join(data, 'fleets'))
      .filter((name) => /^fleet-.*(ndjson|journal)$/.test(name))
      .flatMap((name) => readFileSync(join(data, 'fleets', name), 'utf8').split('\n'))
      .flatMap((line) => Object.entries((line.startsWith('{') ? JSON.parse(line).tokens : undefined) ?? {}))
      .map(([name, secret]) => [`the enrolment token of ${name}`, String(secret)]),
  )

/** An enrolment and a request to join that cannot be read, with all their secrets in them. */
async function sendUnreadable(data: string, invitation: Invitation, token: string): Promise<void> {
  const { natsUrl: url, ca = '' } = invitation
  const place = { url, ca, name: 'worker-9', role: 'agent', tenant: 'contoso' } as const
  const agent = await createNatsBus({ ...place, principal: almighty(join(data, 'nats'), 'fleet') })
  agent.publish(subjects.enrolment('contoso', 'worker-9'), encode({ v: 1, agentId: 'worker-9', requests: [{ token }] }))
  agent.publish(subjects.enrolment('contoso', 'worker-9'), encode({ v: 1, agentId: 'worker-8', requests: [{ token }] }))
  await agent.close()
  const joining = await createNatsBus({ ...place, principal: principalOf(invitation.enrolment) })
  joining.publish(subjects.agentJoin('contoso'), encode({ v: 1, secret: invitation.secret, agentId: 'worker-9' }))
  await joining.close()
}

it('nothing that a Muster leaves or shows has a secret in it, but the files that are there for secrets', async () => {
  const data = join(dir, 'data')
  const applications = join(dir, 'applications.yaml')
  const { clientId, clientSecret } = CONFIGURED
  writeFileSync(
    applications,
    JSON.stringify([{ clientId, clientSecret, displayName: 'a sync tool', roles: ['User.Read.All'] }]),
  )
  const flags = [
    ...['--data', data, '--port', '0', '--speed', '60', '--workers', '2'],
    '--broker-tls',
    '--log-level',
    'trace',
  ]
  const env = { MUSTER_USER_PASSWORD: USER_PASSWORD, MUSTER_APPLICATIONS: applications }
  const up = await startMuster(dir, ['up', '--detach', ...flags], env).ended
  expect([up.code, up.stderr]).toEqual([0, ''])
  const connection = readConnection(data)
  const client = createHttpClient(connection)
  try {
    const registered = await registeredSecret(client)
    const invitation = Invitation.parse(await post(client, '/_muster/invitations', {}))
    await populate(client)
    const tokens = enrolmentTokens(data)
    const [token] = Object.values(tokens)
    expect(token).toMatch(/^.{16,}$/)
    await sendUnreadable(data, invitation, token ?? '')
    const letters = async () => DeadLetterPage.parse(await client.call('GET', '/_muster/dlq')).letters
    await vi.waitFor(async () => expect(await letters()).toHaveLength(3), PATIENT)
    const wrong = createHttpClient({ ...connection, clientSecret: registered })
    await expect(wrong.call('GET', '/v1.0/users')).rejects.toMatchObject({ code: 'client/refused' })
    wrong.close()
    const known: Known = {
      ...tokens,
      'the password of users': USER_PASSWORD,
      'the secret of a configured application': clientSecret,
      'the secret of a registered application': registered,
      'the secret of the command line': connection.clientSecret,
      'the secret of an invitation': invitation.secret,
      'the seed of an invitation': invitation.enrolment.seed,
      'the token of the command line': (await client.authorization()).replace('Bearer ', ''),
    }
    const processes = processesOf(dir)
    expect(processes.length).toBeGreaterThanOrEqual(5)
    expect(toldBy(processes, known)).toEqual([])
    const whileItRuns = everythingIn(data, known)
    expect(leaksOf(whileItRuns)).toEqual([])
    expect(openOnes(whileItRuns)).toEqual([])
    // What would be found is there to be found.
    expect(whileItRuns.filter(({ secrets }) => secrets.length > 0).length).toBeGreaterThan(8)
    expect((await startMuster(dir, ['down', '--data', data]).ended).code).toBe(0)
    const afterwards = everythingIn(data, known)
    expect(leaksOf(afterwards)).toEqual([])
    expect(openOnes(afterwards)).toEqual([])
    const saved = await startMuster(dir, ['snapshot', 'save', '--data', data, '--to', 'all']).ended
    expect([saved.code, saved.stderr]).toEqual([0, ''])
    const snapshots = everythingIn(join(dir, '.muster/snapshots'), known)
    expect(snapshots.some(({ secrets }) => secrets.length > 0)).toBe(true)
    expect(snapshots.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([])
  } finally {
    client.close()
  }
}, 120_000)

const SCENARIO = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: tiny }
clock: { speed: 60 }
population:
  size: 10
  enrolOver: 1m
  mix: [{ name: boxes, weight: 1, platform: linux }]
phases:
  - { name: settle, until: { expr: devices.enrolledShare >= 1.0, timeout: 2h } }
  - { name: a-look, duration: 5m }
assertions:
  - { name: impossible, expr: devices.managed == 11 }
`

it('a run whose broker has a password leaves it nowhere and hands it to no process in a way that shows', async () => {
  const password = 'of-the-broker-9f8e7d6c'
  await using server = await givenNatsServer(password)
  writeFileSync(join(dir, 'tiny.yaml'), SCENARIO)
  const reports = ['--report', 'html,json,junit,openmetrics', '--keep-data', '--log-level', 'trace']
  const run = startMuster(dir, ['run', 'tiny.yaml', '--name', 'it', ...reports], { MUSTER_NATS_URL: server.url })
  await vi.waitFor(() => expect(run.printed()).toContain('a-look begins'), PATIENT)
  const known: Known = { 'the password of the broker': password }
  // The command itself has what its user gave it.
  const others = processesOf(dir).filter((pid) => pid !== run.child.pid)
  expect(others.length).toBeGreaterThanOrEqual(2)
  expect(toldBy(others, known)).toEqual([])
  expect((await run.ended).code).toBe(11)
  const found = everythingIn(join(dir, 'runs/it'), known)
  expect(found.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['result.json', 'report.html', 'junit.xml', 'metrics.om.txt', 'events.ndjson.gz']),
  )
  const inData = (path: string): boolean => isKeeper(path.replace(/^data\//, ''))
  expect(found.filter(({ path, secrets }) => secrets.length > 0 && !inData(path))).toEqual([])
  expect(openOnes(found.filter(({ path }) => path.startsWith('data/') && !path.endsWith('.pem')))).toEqual([])
}, 120_000)

it('a Muster that goes to the background is told the password of a broker where nobody sees it', async () => {
  const password = 'of-the-broker-9f8e7d6c'
  await using server = await givenNatsServer(password)
  const data = join(dir, 'data')
  const known: Known = { 'the password of the broker': password }
  const up = startMuster(dir, ['up', '--detach', '--data', data, '--port', '0'], { MUSTER_NATS_URL: server.url })
  const { code, stderr } = await up.ended
  expect([code, stderr]).toEqual([0, ''])
  const processes = processesOf(dir)
  expect(processes.length).toBeGreaterThanOrEqual(3)
  expect(toldBy(processes, known)).toEqual([])
  const found = everythingIn(data, known)
  expect(found.filter(({ secrets }) => secrets.includes('the password of the broker')).map(({ path }) => path)).toEqual(
    ['worker.json'],
  )
  expect(openOnes(found)).toEqual([])
}, 60_000)
