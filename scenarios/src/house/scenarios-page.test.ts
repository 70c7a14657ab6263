import { readFileSync } from 'node:fs'
import { parseScenario, scenarioJsonSchema } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'

const page = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8')

/** Every name of a property in a JSON Schema, with where it stands. */
function propertiesIn(schema: unknown, path = ''): readonly (readonly [name: string, path: string])[] {
  if (typeof schema !== 'object' || schema === null) return []
  if (Array.isArray(schema)) return schema.flatMap((each) => propertiesIn(each, path))
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key !== 'properties') return propertiesIn(value, path)
    return Object.entries(value as object).flatMap(([name, inner]) => [
      [name, `${path}.${name}`] as const,
      ...propertiesIn(inner, `${path}.${name}`),
    ])
  })
}

/** Facts of devices have names of their own: each platform's are in the catalogue of settings. */
const ofDevices = /\.posture\./

/** What the page's parts of scenarios are parts of. */
const whole = {
  apiVersion: 'muster.dev/v1',
  kind: 'Scenario',
  metadata: { name: 'page' },
  clock: { mode: 'virtual' },
  population: {
    size: 10,
    mix: ['windows', 'macOS', 'iOS', 'android'].map((platform, index) => ({
      ...{ name: ['laptops', 'macs', 'phones', 'tablets'][index], weight: 1, platform },
    })),
  },
  policies: [{ id: 'base', type: 'compliance', platform: 'windows', settings: { bitLockerEnabled: true } }],
  behaviors: { field: {} },
  phases: ['settle', 'rollout'].map((name) => ({ name, duration: '3h' })),
  faults: [{ name: 'cut', kind: 'broker.kill', at: 'settle' }],
}

type Part = Readonly<Record<string, unknown>>

/** Indented blocks that are YAML. */
const blocks = (page.match(/(?:^(?: {4}.*)?\n)*^ {4}.*\n/gm) ?? [])
  .map((block) => block.replace(/^ {4}/gm, '').trim())
  .filter((block) => /^[a-zA-Z]+:( |\n|$)/.test(block))

/** A part in its place: lists are added to, so that what the part names is there. */
function completed(part: Part): string {
  const entries = Object.entries(part).map(([key, value]) => {
    const before = (whole as Part)[key]
    return [
      key,
      Array.isArray(value) && Array.isArray(before) && part['apiVersion'] === undefined ? [...before, ...value] : value,
    ]
  })
  return stringify({ ...whole, ...Object.fromEntries(entries) })
}

describe('the page of the scenario language', () => {
  it('has blocks', () => expect(blocks.length).toBeGreaterThanOrEqual(5))

  it.each(blocks)('a block on it is right: %s', (block) => {
    const parsed = parseScenario(completed(parse(block) as Part), 'docs/scenarios.md')
    expect(parsed.ok ? [] : parsed.problems).toEqual([])
  })

  it('names every key of the language', () => {
    const missing = propertiesIn(scenarioJsonSchema()).filter(
      ([name, path]) => !ofDevices.test(path) && !new RegExp(`\\b${name.replaceAll('.', '\\.')}\\b`).test(page),
    )
    expect([...new Set(missing.map(([, path]) => path))]).toEqual([])
  })

  it.each(['kind', 'metric'])('names every %s', (key) => {
    const text = JSON.stringify(scenarioJsonSchema())
    const named =
      key === 'kind' ? /"kind":\{"type":"string","const":"([^"]+)"/g : /"metric":\{"type":"string","enum":\[([^\]]+)\]/g
    const all = [...text.matchAll(named)].flatMap(([, names = '']) => names.replaceAll('"', '').split(','))
    expect(all.length).toBeGreaterThan(8)
    const shown = page.replaceAll(
      '`policy.time_to_applied`, `…_committed`',
      '`policy.time_to_applied`, `policy.time_to_committed`',
    )
    expect(all.filter((name) => name !== 'Scenario' && !shown.includes(`\`${name}\``))).toEqual([])
  })
})
