import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const MUSTER = fileURLToPath(new URL('../../bin/muster.mjs', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'muster-commands-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function muster(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MUSTER, ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
  return { code: status, stdout, stderr }
}

describe('options', () => {
  it.each([
    ['a port that is none', ['doctor', '--port', 'abc'], /--port.*0 to 65535/],
    ['a port too high', ['up', '--port', '99999'], /--port.*0 to 65535/],
    ['half a worker', ['up', '--workers', '0.5'], /--workers.*whole number/],
    ['an unknown format', ['validate', '--format', 'xml', 'x.yaml'], /text, json, github/],
    ['an unknown output', ['devices', 'list', '-o', 'xml'], /table, json/],
    ['a subcommand that is nearly right', ['devices', 'lst'], /Did you mean list/],
  ])('%s is refused with 2 and a hint', (_what, args, hint) => {
    const { code, stderr } = muster(args)
    expect(stderr).toMatch(hint)
    expect(stderr).not.toContain('this is a bug')
    expect(code).toBe(2)
  })

  it('come from the environment as well; a flag wins', () => {
    const found = (args: readonly string[]): unknown =>
      JSON.parse(muster(['doctor', '--json', ...args], { MUSTER_PORT: '0' }).stdout)
    expect(found([])).toContainEqual(expect.objectContaining({ name: 'port', found: 'one is free' }))
    expect(muster(['doctor', '--port', '70000'], { MUSTER_PORT: '0' }).code).toBe(2)
    expect(muster(['doctor'], { MUSTER_PORT: 'abc' })).toMatchObject({ code: 2 })
  })
})

it('MUSTER_DETACH does not make a Muster that starts the next', () => {
  expect(muster(['up', '--help'], { MUSTER_DETACH: '1' }).stdout).not.toContain('MUSTER_DETACH')
})

describe('muster doctor', () => {
  it('names the probe that fails, and the fix, and ends with 4', async () => {
    const other = createServer()
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const { port } = other.address() as { port: number }
    const { code, stdout } = muster(['doctor', '--port', String(port)])
    other.close()
    expect(stdout).toMatch(new RegExp(`FAIL {2}port +${port} is taken\n +fix: choose another with --port`))
    expect(code).toBe(4)
  })
})

describe('muster validate', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return name
  }

  it('goes through all files, also when one of them cannot be read', () => {
    const broken = file('broken.yaml', 'apiVersion: muster.dev/v1\nkind: Scenari\n')
    const { code, stdout } = muster(['validate', 'absent.yaml', broken, '--json'])
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: { file: string; message: string }[] }
    expect(ok).toBe(false)
    expect(new Set(problems.map((each) => each.file))).toEqual(new Set(['absent.yaml', 'broken.yaml']))
    expect(code).toBe(3)
  })

  it('annotates for GitHub with its own signs escaped', () => {
    const name = file('100%,a:b.yaml', 'kind: "x\\n::warning::y"\n')
    const lines = muster(['validate', '--format', 'github', name]).stdout.trim().split('\n')
    for (const line of lines) expect(line).toMatch(/^::error file=100%25%2Ca%3Ab\.yaml,line=\d+,col=\d+::/)
  })
})
