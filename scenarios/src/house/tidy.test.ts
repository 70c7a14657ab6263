import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorCatalogue } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { errorsPage } from './errors-page.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const LINES_MAX = 400
/** Files that are lists: longer than the rest, and nothing to be understood in their length. */
const LISTS = new Set(['shared/src/contracts/errors.ts'])

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
    const long = sources.filter((path) => !LISTS.has(path) && read(path).split('\n').length > LINES_MAX)
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

describe('errors', () => {
  it('are on the page that is made from the catalogue', () => {
    expect(read('docs/errors.md')).toBe(errorsPage())
  })

  it('are each raised somewhere', () => {
    const text = product
      .filter((path) => path !== 'shared/src/contracts/errors.ts')
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
