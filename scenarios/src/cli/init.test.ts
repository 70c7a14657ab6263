import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseScenario, scenarioJsonSchema } from '@muster/shared/scenario'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MUSTER = join(ROOT, 'bin', 'muster.mjs')
const muster = (...args: string[]) => spawnSync(process.execPath, [MUSTER, ...args], { cwd: dir, encoding: 'utf8' })

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-init-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('muster init', () => {
  it.each(['minimal', 'rollout', 'compliance', 'chaos'])('writes %s, which is right as it stands', (starter) => {
    expect(muster('init', starter, '--out', 'mine.yaml')).toMatchObject({ status: 0, stderr: '' })
    const text = readFileSync(join(dir, 'mine.yaml'), 'utf8')
    expect(parseScenario(text, 'mine.yaml')).toMatchObject({ ok: true })
    const schema = /\$schema=(\S+)/.exec(text)?.[1] ?? ''
    expect(JSON.parse(readFileSync(join(dir, schema), 'utf8'))).toEqual(scenarioJsonSchema())
  })

  it('writes over nothing, and knows its starters', () => {
    expect(muster('init').status).toBe(0)
    const again = muster('init')
    expect(again.status).toBe(2)
    expect(again.stderr).toContain('[cli/file-exists]')
    const unknown = muster('init', 'minimum')
    expect(unknown.status).toBe(2)
    expect(unknown.stderr).toMatch(/minimal/)
    expect(existsSync(join(dir, 'minimum.yaml'))).toBe(false)
  })
})

describe('the schema for editors', () => {
  const schema = z.fromJSONSchema(scenarioJsonSchema() as Parameters<typeof z.fromJSONSchema>[0])
  const files = ['first-day.yaml', ...readdirSync(join(ROOT, 'library')).map((name) => join('library', name))]

  it.each(files)('takes %s', (file) => {
    expect(schema.safeParse(parse(readFileSync(join(ROOT, file), 'utf8'))).error).toBeUndefined()
  })

  it('refuses what the reader refuses', () => {
    const right = parse(readFileSync(join(ROOT, 'starters', 'minimal.yaml'), 'utf8')) as Record<string, unknown>
    expect(schema.safeParse(right).success).toBe(true)
    for (const wrong of [
      { ...right, sead: 1 },
      { ...right, kind: 'Story' },
      { ...right, clock: { speed: 0 } },
      { ...right, limits: { wall: '5 minutes' } },
      { ...right, phases: [] },
    ])
      expect(schema.safeParse(wrong).success).toBe(false)
  })

  it('is printed by muster schema', () => {
    const printed = execFileSync(process.execPath, [MUSTER, 'schema', 'scenario'], { encoding: 'utf8' })
    expect(JSON.parse(printed)).toEqual(scenarioJsonSchema())
  })
})
