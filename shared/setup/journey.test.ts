import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { NATS_VERSION } from './nats-server.mjs'
import { Sandbox } from './sandbox.test-support.ts'

const SERVER = `.muster/cache/nats-server-${NATS_VERSION}/nats-server`

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it has not come to that')
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** Whether a process runs: a zombie does not. */
function runs(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid.trim()}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('the first start', () => {
  it('sets up and goes to work; the second one goes to work at once', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo()
    const first = await sandbox.run()
    expect(first).toMatchObject({ code: 0 })
    expect(first.text).toMatch(/packages \(npm install\) done/)
    expect(first.text).toMatch(/nats-server .* \(go install\) done/)
    expect(await sandbox.run()).toEqual({ code: 0, text: 'at work\n' })
    expect(sandbox.leftovers()).toEqual([])
  })

  it('waits for another one that is at work, and does nothing twice', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo('sleep 1')
    const both = await Promise.all([sandbox.run(), sandbox.run()])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(sandbox.read('builds')).toBe('built\n')
    expect(sandbox.leftovers()).toEqual([])
  })

  it('takes the release of a mirror, and only what its checksum says', async () => {
    using sandbox = new Sandbox()
    const name = releaseName()
    sandbox.write(`release/${name}/nats-server`, `#!/bin/sh\necho nats-server: v${NATS_VERSION}\n`, 0o755)
    execFileSync('tar', ['-czf', sandbox.path(`${name}.tar.gz`), '-C', sandbox.path('release'), name])
    const archive = readFileSync(sandbox.path(`${name}.tar.gz`))
    let sum = '0'.repeat(64)
    const mirror = createServer((request, response) => {
      if (request.url?.endsWith('/SHA256SUMS')) response.end(`${sum}  ${name}.tar.gz\n`)
      else response.end(archive)
    }).listen(0, '127.0.0.1')
    try {
      await until(() => mirror.listening)
      const env = { MUSTER_NATS_RELEASES: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}` }
      const refused = await sandbox.run(env)
      expect(refused).toMatchObject({ code: 4 })
      expect(refused.text).toMatch(/not what its checksum says/)
      expect(sandbox.has(SERVER)).toBe(false)
      sum = createHash('sha256').update(archive).digest('hex')
      expect(await sandbox.run(env)).toMatchObject({ code: 0 })
      expect(sandbox.leftovers()).toEqual([])
    } finally {
      mirror.close()
    }
  })

  it('says every way to get a nats-server when there is none', async () => {
    using sandbox = new Sandbox()
    const { code, text } = await sandbox.run()
    expect(code).toBe(4)
    for (const way of [`go install github.com/nats-io/nats-server/v2@v${NATS_VERSION}`, 'apt-get install nats-server'])
      expect(text).toContain(way)
    for (const way of ['brew install', 'MUSTER_NATS_BIN', 'MUSTER_NATS_URL=nats://', `${releaseName()}.tar.gz`])
      expect(text).toContain(way)
    expect(sandbox.leftovers()).toEqual([])
  })
})

const releaseName = (): string =>
  `nats-server-v${NATS_VERSION}-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`

describe('Ctrl-C', () => {
  it('in the packages leaves no process and no half of node_modules', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo()
    // An npm that has just begun to write.
    sandbox.write(
      'npm.mjs',
      `import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('node_modules/half', { recursive: true })
writeFileSync('npm.pid', String(process.pid))
process.on('SIGINT', () => {})
setTimeout(() => {}, 60_000)\n`,
    )
    const { child, ended } = sandbox.start({ npm_execpath: sandbox.path('npm.mjs') })
    await until(() => sandbox.has('npm.pid'))
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, text: expect.stringContaining('interrupted') })
    expect(sandbox.has('node_modules')).toBe(false)
    expect(sandbox.leftovers()).toEqual([])
    expect(runs(sandbox.read('npm.pid'))).toBe(false)
    expect(await sandbox.run()).toMatchObject({ code: 0 })
  })

  it('in the build of nats-server leaves no process, no lock and no draft', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo(`sleep 60 &\nmkdir "$GOTMPDIR/go-build1"\necho $! >"${sandbox.path('compiler.pid')}"\nwait`)
    const { child, ended } = sandbox.start()
    await until(() => sandbox.has('compiler.pid') && sandbox.read('compiler.pid') !== '')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130 })
    expect(sandbox.leftovers()).toEqual([])
    expect(sandbox.has(SERVER)).toBe(false)
    await until(() => !runs(sandbox.read('compiler.pid')))
    sandbox.giveGo()
    expect(await sandbox.run()).toMatchObject({ code: 0 })
  })
})

describe('what is damaged is made anew', () => {
  it('a set-up that was killed: its lock, its draft, its half of node_modules', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo()
    sandbox.write('node_modules/part/package.json', '{}')
    // This process's number, but not its start: a process that is gone.
    sandbox.write('.muster/cache/set-up.lock', `${process.pid} 1`)
    mkdirSync(sandbox.path('.muster/cache/draft-killed'))
    expect(await sandbox.run()).toMatchObject({ code: 0 })
    expect(JSON.parse(sandbox.read('node_modules/part/package.json'))).toMatchObject({ name: 'part' })
    expect(sandbox.leftovers()).toEqual([])
  })

  it('a package that is gone, a nats-server that was cut off', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo()
    await sandbox.run()
    rmSync(sandbox.path('node_modules/part'))
    truncateSync(sandbox.path(SERVER), 3)
    const healed = await sandbox.run()
    expect(healed).toMatchObject({ code: 0 })
    expect(sandbox.has('node_modules/part/package.json')).toBe(true)
    expect(statSync(sandbox.path(SERVER)).size).toBeGreaterThan(3)
    expect(healed.text.endsWith('at work\n')).toBe(true)
  })

  it('packages of another lock file', async () => {
    using sandbox = new Sandbox()
    sandbox.giveGo()
    await sandbox.run()
    writeFileSync(sandbox.path('package-lock.json'), `${sandbox.read('package-lock.json')}\n`)
    expect((await sandbox.run()).text).toMatch(/packages \(npm install\) done/)
    expect(await sandbox.run()).toEqual({ code: 0, text: 'at work\n' })
  })
})
