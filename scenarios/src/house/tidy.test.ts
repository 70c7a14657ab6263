import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorCatalogue, subjects } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { errorsPage } from './errors-page.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const LINES_MAX = 400
const ERRORS = 'shared/src/contracts/error-catalogue/'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const sources = files.filter((path) => /\.(ts|mjs)$/.test(path) && !path.endsWith('.d.ts'))
const isTest = (path: string): boolean =>
  /\.test(-support)?\.ts$|conformance\.ts$|^(shared|control)\/test-support\//.test(path)
const product = sources.filter((path) => !isTest(path))
const documents = files.filter((path) => path.endsWith('.md'))

const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/^(?:import|export)[^'"]*?from '([^']+)'|^import '([^']+)'/gms)].map(
    (match) => match[1] ?? match[2] ?? '',
  )

/** Folders from the inside out: each may use what is listed for it, by package door or within its own workspace. */
const layers: Readonly<Record<string, readonly string[]>> = {
  'shared/src/contracts': ['zod'],
  'shared/src/core': ['@muster/shared/contracts', 'pure-rand', 'shared/src/contracts'],
  'shared/src/scenario': ['@muster/shared/contracts', '@muster/shared/core', 'zod', 'yaml', '@marcbachmann/cel-js'],
  'shared/src/pki': ['@muster/shared/contracts', '@muster/shared/core', 'shared/src/core', 'node:'],
  'shared/src/runtime': ['@muster/shared/contracts', '@muster/shared/core', '@nats-io/', 'pino', 'zod', 'node:'],
  'agent/src/domain': ['@muster/shared/contracts', '@muster/shared/core'],
  'agent/src/platforms': ['@muster/shared/contracts', '@muster/shared/core', 'agent/src/domain'],
  'agent/src/adapters': ['@muster/shared/', 'agent/src/domain', 'node:', 'zod'],
  'agent/src/fleet': ['@muster/shared/', 'agent/src/', 'node:', 'zod'],
  'control/src/domain': ['@muster/shared/contracts', '@muster/shared/core', 're2', 'zod'],
  'control/src/app': ['@muster/shared/contracts', '@muster/shared/core', 'control/src/domain', 'node:crypto'],
  'control/src/adapters': ['@muster/shared/', 'control/src/domain', 'control/src/app', 'node:', 'zod'],
}

describe('the house', () => {
  it.each(Object.entries(layers))('%s uses nothing but its own layer and those below', (layer, allowed) => {
    const offences: string[] = []
    for (const path of product.filter((each) => each.startsWith(`${layer}/`))) {
      for (const target of importsOf(path)) {
        const within = target.startsWith('.') ? normalize(join(dirname(path), target)) : target
        const inside = target.startsWith('.') && within.startsWith(`${layer}/`)
        if (!inside && !allowed.some((prefix) => within.startsWith(prefix))) offences.push(`${path}: ${target}`)
      }
    }
    expect(offences).toEqual([])
  })

  it('has files that a person can read at a sitting', () => {
    const long = sources.filter((path) => read(path).split('\n').length > LINES_MAX)
    expect(long).toEqual([])
  })

  it('has no folder that is named after nothing', () => {
    expect(sources.filter((path) => /(^|\/)(utils?|helpers?|misc|common|lib)(\/|\.)/.test(path))).toEqual([])
  })

  it('leaves no note to do later in the code', () => {
    const words = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''))
    expect(sources.filter((path) => words.test(read(path)))).toEqual([])
  })

  it('names no registry and no path of a machine', () => {
    const lock = read('package-lock.json')
    expect(lock).not.toMatch(/"resolved": "(?!(shared|agent|control|scenarios)")/)
    expect(
      files.filter((path) => /\.(ts|mjs|md|ya?ml|json)$/.test(path) && /\/(home|root|work)\/[a-z]/.test(read(path))),
    ).toEqual([])
  })
})

describe('the walls', () => {
  it('let nobody in but by the doors of a package', () => {
    const through = (specifier: string): boolean => {
      try {
        createRequire(join(ROOT, 'scenarios/package.json')).resolve(specifier)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return false
        throw error
      }
    }
    expect(through('@muster/shared/core')).toBe(true)
    expect(through('@muster/shared/src/core/rng.ts')).toBe(false)
    expect(through('@muster/agent/src/fleet/fleet.ts')).toBe(false)
    expect(through('@muster/control/src/domain/model.ts')).toBe(false)
  })

  it('refuse in each layer what does not belong there', () => {
    const probes: readonly (readonly [layer: string, code: string, objection: string])[] = [
      [
        'agent/src/domain',
        "import { readFileSync } from 'node:fs'\nexport const it = readFileSync",
        'noRestrictedImports',
      ],
      ['agent/src/platforms', 'export const it = (): number => Date.now()', 'Time and chance are parameters'],
      ['control/src/app', 'export const it = (): number => Math.random()', 'Time and chance are parameters'],
      ['shared/src/core', 'export const it = (): void => process.exit()', 'noRestrictedGlobals'],
      ['agent/src/fleet', "export const it = (name: string): boolean => name === 'windows'", 'Platform names belong'],
    ]
    const dir = mkdtempSync(join(tmpdir(), 'muster-walls-'))
    try {
      const config = JSON.parse(read('biome.json')) as Record<string, unknown>
      writeFileSync(join(dir, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }))
      cpSync(join(ROOT, 'shared/lint'), join(dir, 'shared/lint'), { recursive: true })
      for (const [layer, code, objection] of probes) {
        const path = join(layer, 'probe.ts')
        mkdirSync(join(dir, layer), { recursive: true })
        writeFileSync(join(dir, path), `${code}\n`)
        const biome = [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'lint', path]
        const env = { ...process.env, NO_COLOR: '1' }
        const linted = spawnSync(process.execPath, biome, { cwd: dir, encoding: 'utf8', env })
        expect(linted.stdout + linted.stderr, layer).toContain(objection)
        expect(linted.status, layer).toBe(1)
      }
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  it('see every subject used by the one side and the other', () => {
    const text = (side: string): string =>
      product
        .filter((path) => path.startsWith(`${side}/`))
        .map(read)
        .join('\n')
    const [agent, control] = [text('agent'), text('control')]
    const oneSided = Object.keys(subjects).filter((name) => {
      const used = (side: string): boolean => new RegExp(`(subjects|servicePatterns)\\.${name}\\b`).test(side)
      const meets = { deadLetter: 'runtime', report: 'stream', pokeAll: 'broadcast', pokePlatform: 'broadcast' }
      return !(name in meets) && !(used(agent) && used(control))
    })
    expect(oneSided).toEqual([])
  })
})

describe('components', () => {
  it('have each a place, and what is said to work is there', () => {
    const rows = [...read('docs/components.md').matchAll(/^\| (\d) +\| ([^|]+?) +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)]
    const perTier = Map.groupBy(rows, (row) => row[1])
    expect([...perTier].map(([tier, all]) => [tier, all.length])).toEqual([
      ['1', 4],
      ['2', 8],
      ['3', 4],
      ['4', 5],
      ['5', 4],
      ['6', 6],
      ['7', 3],
    ])
    const begun = rows.filter(([, , , , today]) => today === 'works')
    for (const [, , component, place = ''] of begun) expect(place, component).toMatch(/^`[^`]+`/)
  })
})

describe('errors', () => {
  it('are on the page that is made from the catalogue', () => {
    expect(read('docs/errors.md')).toBe(errorsPage())
  })

  it('stand in one file of the catalogue each', () => {
    const codes = product
      .filter((path) => path.startsWith(ERRORS))
      .flatMap((path) => [...read(path).matchAll(/^ {2}'([a-z-]+\/[a-z-]+)':/gm)].map((match) => match[1]))
    expect(codes.toSorted()).toEqual(Object.keys(errorCatalogue).toSorted())
  })

  it('are each raised somewhere', () => {
    const text = product
      .filter((path) => !path.startsWith(ERRORS))
      .map(read)
      .join('\n')
    // Objections to certificates are put together from their parts.
    const composed = (code: string): boolean => code.startsWith('pki/') && text.includes(`'${code.slice(4)}'`)
    expect(Object.keys(errorCatalogue).filter((code) => !text.includes(`'${code}'`) && !composed(code))).toEqual([])
  })
})

describe('documents', () => {
  it('link to what is there', () => {
    const broken = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(join(ROOT, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  it('name files that are there', () => {
    const names = /`((?:shared|agent|control|scenarios|docker|docs)\/[a-z0-9./-]+)`/g
    const missing = documents
      .filter((path) => path !== 'CHANGELOG.md')
      .flatMap((path) => [...read(path).matchAll(names)].map((match) => ({ path, name: match[1] ?? '' })))
      .filter(({ name }) => !existsSync(join(ROOT, name)))
    expect(missing).toEqual([])
  })

  it('show commands that are run in CI', () => {
    const commands = [...read('README.md').matchAll(/^ {4}(npm [^#\n]+?)\s*(?:#.*)?$/gm)].map((match) =>
      (match[1] ?? '').trim(),
    )
    const ci = read('.ci/run')
    const inCi = (command: string): boolean => {
      const words = command.replace('npm run ', 'npm run --silent ')
      return ci.includes(words) || /(validate|run) scenarios\/(first-day|library\/[a-z-]+)\.yaml$/.test(command)
    }
    expect(commands.length).toBeGreaterThan(3)
    expect(commands.filter((command) => !inCi(command))).toEqual([])
  })
})
