import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { billOf, purlOf } from './bill-of-materials.ts'
import { type LockedPackage, lockedPackages, ROOT } from './locked-packages.ts'

describe('the bill of materials', () => {
  const packages: LockedPackage[] = [
    { name: '@a/b', version: '1.0.0', production: true, licence: 'MIT' },
    { name: 'tool', version: '1.0.0', production: false, licence: 'MIT' },
  ]
  const bill = (purls: readonly string[]): string =>
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { 'bom-ref': 'root', name: 'a-folder', purl: 'pkg:npm/muster@0.1.0' } },
      components: purls.map((purl) => ({ 'bom-ref': purl, name: 'x', purl })),
      dependencies: [{ ref: 'root', dependsOn: purls }, ...purls.map((ref) => ({ ref }))],
    })

  it('names every package that Muster runs with and none beside, or is none', () => {
    const [own, tool] = packages.map(purlOf) as [string, string]
    const made = billOf(bill([own, tool]), packages)
    expect(made.metadata.component.name).toBe('muster')
    expect(made.components.map(({ purl }) => purl)).toEqual(['pkg:npm/%40a/b@1.0.0'])
    expect(made.dependencies).toEqual([
      { ref: 'root', dependsOn: [own] },
      { ref: own, dependsOn: [] },
    ])
    expect(() => billOf(bill([tool, 'pkg:npm/%40a/b@1.0.1']), packages)).toThrow(own)
    expect(() => billOf('no JSON', packages)).toThrow()
    expect(() => billOf('{}', packages)).toThrow()
  })

  it('is made from the lock file, by the npm at hand', () => {
    const script = join(ROOT, 'scenarios/src/house/write-bill-of-materials.ts')
    const made = execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const { components } = JSON.parse(made) as { components: { purl: string }[] }
    const purls = components.map(({ purl }) => purl)
    for (const name of ['fastify', '@nats-io/kv', 'zod']) {
      const found = lockedPackages(ROOT).find((each) => each.name === name)
      expect(purls).toContain(purlOf({ name, version: found?.version ?? '' }))
    }
    expect(purls.some((purl) => purl.startsWith('pkg:npm/vitest@'))).toBe(false)
  }, 60_000)
})
