import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMuster } from '../../test-support/command.ts'

const dir = mkdtempSync(join(tmpdir(), 'muster-graph-'))
const CLIENT = 'aaaaaaaa-2222-4333-8444-555555555555'

const muster = (...args: readonly string[]) => startMuster(dir, args).ended
const graph = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await muster('graph', ...args)
  return { code, stderr, body: stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>) }
}

beforeAll(async () => {
  const application = {
    clientId: CLIENT,
    displayName: 'of a file',
    clientSecret: 'long enough',
    roles: ['User.Read.All'],
  }
  writeFileSync(join(dir, 'applications.yaml'), JSON.stringify([application]))
  const { code, stderr } = await muster('up', '-d', '--port', '0', '--applications', 'applications.yaml')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  for (const name of ['ada', 'bea', 'cyd']) {
    const user = { userPrincipalName: `${name}@contoso.example`, displayName: name, accountEnabled: true }
    writeFileSync(join(dir, 'user.json'), JSON.stringify(user))
    expect(await graph('post', '/users', '--body', '@user.json')).toMatchObject({
      code: 0,
      body: { displayName: name },
    })
  }
}, 90_000)
afterAll(async () => {
  await muster('down')
  rmSync(dir, { recursive: true, force: true })
})

describe('muster graph', () => {
  it('gets what is asked for, page by page or all of it', async () => {
    const page = await graph('get', 'users', '--top', '1', '--select', 'id', '--orderby', 'displayName')
    expect(page.body).toMatchObject({ value: [{ id: expect.any(String) }], '@odata.nextLink': expect.any(String) })
    const all = await graph('get', '/v1.0/users', '--top', '1', '--all', '--filter', "displayName in ('ada','cyd')")
    expect((all.body['value'] as { displayName: string }[]).map(({ displayName }) => displayName).sort()).toEqual([
      'ada',
      'cyd',
    ])
    const [user] = page.body['value'] as { id: string }[]
    const path = `/users/${user?.id}`
    expect(await graph('patch', path, '--body', '{"jobTitle":"pilot"}')).toMatchObject({ code: 0 })
    expect((await graph('get', path, '--beta')).body).toMatchObject({ jobTitle: 'pilot' })
    expect(await graph('delete', path)).toEqual({ code: 0, stderr: '', body: {} })
  }, 60_000)

  it('sends the headers that it is given', async () => {
    const counted = ['get', '/users?$count=true', '--filter', "endswith(displayName,'yd')"]
    expect(await graph(...counted)).toMatchObject({ code: 1, stderr: expect.stringContaining('ConsistencyLevel') })
    const headers = ['--header', 'ConsistencyLevel: eventual', '--header', 'Prefer:odata.maxpagesize=1']
    expect((await graph(...counted, ...headers)).body).toMatchObject({
      '@odata.count': 1,
      value: [{ displayName: 'cyd' }],
    })
    const page = await graph('get', '/users', ...headers)
    expect(page.body['value']).toHaveLength(1)
    expect(await graph('get', '/users', '--header', 'no header')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--header is 'Name: value'"),
    })
  }, 60_000)

  it('says what is wrong, and ends with a code', async () => {
    expect(await graph('get', '/users/nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/404.*client\/refused/),
      body: {},
    })
    expect(await graph('post', '/users', '--body', '{')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not JSON'),
    })
    expect(await graph('post', '/users', '--body', '@none.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none.json'),
    })
  }, 60_000)
})

describe('muster token', () => {
  it('prints a token, also of an application that the configuration names', async () => {
    const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const own = await muster('token')
    expect(claimsOf(own.stdout)['roles']).toContain('Muster.Simulation')
    const other = await muster('token', '--client', CLIENT, '--secret', 'long enough')
    expect(claimsOf(other.stdout)).toMatchObject({ appid: CLIENT, roles: ['User.Read.All'] })
    const wrong = await muster('token', '--client', CLIENT, '--secret', 'not the one')
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('AADSTS7000215') })
    const another = await muster('token', '--scope', 'https://vault.azure.net/.default')
    expect(another.stderr).toContain('AADSTS500011')
  }, 60_000)

  it('is signed with a key that nobody else may read', () => {
    const { mode } = statSync(join(dir, '.muster/data/control/signing-keys.json'))
    expect(mode & 0o777).toBe(0o600)
  })
})

describe('muster trust', () => {
  it('prints for each client what works, and lines for the hosts file', async () => {
    const { stdout } = await muster('trust')
    const url = /authorityHost: '(https:[^']+)'/.exec(stdout)?.[1] ?? ''
    const [, caFile = ''] = /NODE_EXTRA_CA_CERTS=(.+)/.exec(stdout) ?? []
    // What it says to Node is true: a program of its own reaches Muster with nothing but that.
    const program = `fetch('${url}/common/discovery/v2.0/keys').then(async (answer) => process.stdout.write(await answer.text()))`
    const child = spawn(process.execPath, ['-e', program], { env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile } })
    let told = ''
    child.stdout.on('data', (chunk) => {
      told += chunk
    })
    await once(child, 'close')
    expect(JSON.parse(told)).toMatchObject({ keys: [{ kty: 'RSA' }, { kty: 'RSA' }] })
    expect((await muster('trust', '--intercept')).stdout).toMatch(/^127\.0\.0\.1 graph\.microsoft\.com$/m)
  }, 60_000)
})

describe('muster up', () => {
  it('says what is wrong with a file of applications', async () => {
    writeFileSync(join(dir, 'wrong.yaml'), '- { clientId: x, displayName: y, roles: [] }')
    const { code, stderr } = await muster('up', '--data', 'other', '--applications', 'wrong.yaml')
    expect(stderr).toMatch(/wrong\.yaml: 0\.clientId: .*\[cli\/usage\]/)
    expect(code).toBe(2)
  })
})
