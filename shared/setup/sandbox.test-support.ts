import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NATS_VERSION } from './nats-server.mjs'

const SETUP = fileURLToPath(new URL('.', import.meta.url))

/**
 * A project of its own with the real set-up in it: one workspace, and a PATH that has nothing but what is put there. Its
 * `muster` says "at work".
 */
export class Sandbox implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-set-up-'))
  readonly #running = new Set<ChildProcess>()

  constructor() {
    for (const name of readdirSync(SETUP).filter((each) => each.endsWith('.mjs'))) {
      mkdirSync(join(this.dir, 'shared', 'setup'), { recursive: true })
      copyFileSync(join(SETUP, name), join(this.dir, 'shared', 'setup', name))
    }
    this.#hideTheSystemsOwn()
    this.write(
      'package.json',
      JSON.stringify({ name: 'sandbox', version: '1.0.0', private: true, workspaces: ['part'] }),
    )
    this.write('part/package.json', JSON.stringify({ name: 'part', version: '1.0.0' }))
    this.write('scenarios/bin/muster.mjs', 'console.log("at work")\n')
    for (const tool of ['sh', 'tar', 'gzip', 'cat', 'sleep', 'mkdir', 'chmod', 'npm']) this.#link(tool)
    mkdirSync(this.path('bin'), { recursive: true })
    symlinkSync(process.execPath, this.path('bin/node'))
    execFileSync(this.path('bin/npm'), ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
      cwd: this.dir,
      env: this.env(),
    })
  }

  path(name: string): string {
    return join(this.dir, name)
  }

  has(name: string): boolean {
    return existsSync(this.path(name))
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  write(name: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), text)
    chmodSync(this.path(name), mode)
  }

  /** A Go toolchain that "builds" a nats-server, after what the script says. */
  giveGo(before = ''): void {
    const server = `#!/bin/sh\\necho nats-server: v${NATS_VERSION}\\n`
    this.write(
      'bin/go',
      `#!/bin/sh\necho built >>"${this.path('builds')}"\n${before}\nprintf '${server}' >"$GOBIN/nats-server"\n`,
      0o755,
    )
  }

  env(more: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: this.path('bin'),
      HOME: this.path('home'),
      npm_config_cache: this.path('home/.npm'),
      npm_config_offline: 'true',
      // Nothing listens there.
      MUSTER_NATS_RELEASES: 'http://127.0.0.1:9',
      ...more,
    }
  }

  /** `npm run muster`, as a process. */
  start(more: Record<string, string> = {}): {
    child: ChildProcess
    ended: Promise<{ code: number | null; text: string }>
  } {
    const child = spawn(process.execPath, [this.path('shared/setup/main.mjs'), 'muster'], {
      cwd: this.dir,
      env: this.env(more),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
    const ended = once(child, 'close').then(([code]) => {
      this.#running.delete(child)
      return { code: code as number | null, text }
    })
    return { child, ended }
  }

  run(more: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
    return this.start(more).ended
  }

  /** What must not be left when set-up has ended: a lock, a draft. */
  leftovers(): string[] {
    return readdirSync(this.path('.muster/cache')).filter((name) => /lock|draft/.test(name))
  }

  [Symbol.dispose](): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.dir, { recursive: true, force: true })
  }

  #link(tool: string): void {
    const found = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim()
    mkdirSync(this.path('bin'), { recursive: true })
    symlinkSync(found, this.path(`bin/${tool}`))
  }

  /** A nats-server in /usr/sbin of this machine is none of the sandbox's. */
  #hideTheSystemsOwn(): void {
    const file = 'shared/setup/nats-server.mjs'
    const hidden = this.read(file).replace("'/usr/sbin'", JSON.stringify(this.path('sbin')))
    if (hidden === this.read(file)) throw new Error('set-up does not look into /usr/sbin any more')
    this.write(file, hidden)
  }
}
