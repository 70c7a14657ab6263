import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseScenario } from '@muster/shared/scenario'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { bytesOf, objectionsTo } from '../../../docker/src/checks.ts'
import { ROOT } from '../../../docker/src/engine.ts'
import { profiles } from '../../../docker/src/profiles.ts'
import { lineNames, lineText, shapeOf, transcriptFile } from '../../../docker/src/transcript.ts'
import { checkExpression } from '../cli/read-scenario.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

interface Compose {
  readonly services: Readonly<Record<string, { readonly profiles?: readonly string[] } & Record<string, unknown>>>
}
const { services } = parse(read('docker/compose.yaml'), { merge: true }) as Compose

describe.each(profiles)('the profile $name', (profile) => {
  it('was verified, and the transcript has a line for all that is verified today', () => {
    const lines = read(transcriptFile(profile.name)).trimEnd().split('\n')
    expect(lines.map((line) => line.slice(6, 28).trim())).toEqual(lineNames(profile))
    expect(lines.filter((line) => !line.startsWith('ok  '))).toEqual([])
  })

  it('is in the Compose file and in the guide', () => {
    expect(Object.values(services).some((service) => service.profiles?.includes(profile.name))).toBe(true)
    expect(read('docs/docker.md')).toMatch(new RegExp(`^## ${profile.name}: `, 'm'))
    expect(read('docs/docker.md')).toMatch(new RegExp(`--profile ${profile.name} (up|run)`))
  })
})

describe('the Compose file', () => {
  it('has no profile that is not verified', () => {
    const named = new Set(Object.values(services).flatMap((service) => service.profiles ?? []))
    expect([...named].toSorted()).toEqual(profiles.map(({ name }) => name).toSorted())
  })

  it('lets no service have more rights than it needs, and publishes on this machine only', () => {
    for (const [name, service] of Object.entries(services)) {
      const rights = [service['read_only'], service['cap_drop'], service['security_opt']]
      expect(rights, name).toEqual([true, ['ALL'], ['no-new-privileges:true']])
      expect(service['privileged'] ?? service['cap_add'], name).toBeUndefined()
      expect(service['mem_limit'], name).toMatch(/^\d+m$/)
      expect(service['profiles'], name).not.toEqual([])
      for (const port of (service['ports'] ?? []) as string[]) expect(port, name).toMatch(/^127\.0\.0\.1:/)
    }
  })
})

it.each(['docker/scenarios/demo.yaml', 'docker/scenarios/chaos.yaml'])('%s is a scenario', (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true)
  expect(parseScenario(read(file), file, checkExpression)).toMatchObject({ ok: true })
})

describe('what is looked at', () => {
  it('has numbers that differ from run to run, and a shape that does not', () => {
    const [one, other] = ['594 MiB', '61.5 MiB'].map((text) => lineText({ name: 'memory', ok: true, text }))
    expect(shapeOf(one ?? '')).toBe(shapeOf(other ?? ''))
    expect(shapeOf(lineText({ name: 'memory', ok: false, text: '594 MiB' }))).not.toBe(shapeOf(one ?? ''))
  })

  it.each([
    ['75.1MiB / 256MiB', 78_748_057.6],
    ['1.5GiB / 2GiB', 1_610_612_736],
    ['512B / 1KiB', 512],
  ])('%s are %d bytes', (usage, bytes) => {
    expect(bytesOf(usage)).toBeCloseTo(bytes)
  })

  it('names each right that a container has beyond what it needs', () => {
    const HostConfig = {
      ReadonlyRootfs: true,
      Privileged: false,
      CapAdd: null,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Memory: 1,
    }
    const Config = { User: '1000:1000', Labels: {} }
    expect(objectionsTo({ Config, HostConfig })).toEqual([])
    expect(objectionsTo({ Config: { ...Config, User: '' }, HostConfig })).toEqual(['runs as root'])
    const bare = { ...HostConfig, ReadonlyRootfs: false, CapDrop: null, SecurityOpt: null, Memory: 0 }
    expect(objectionsTo({ Config, HostConfig: bare })).toHaveLength(4)
  })
})
