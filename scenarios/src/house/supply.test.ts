import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditOf } from './audit.ts'
import { isPermissive, licenceProblems } from './licences.ts'
import { type LockedPackage, lockedPackages, ROOT } from './locked-packages.ts'
import type { Told } from './npm-command.ts'

describe('licences', () => {
  it('of all that the lock file names are permissive, or excepted by name', () => {
    expect(licenceProblems(lockedPackages(ROOT))).toEqual([])
  })

  it.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['MIT OR GPL-3.0-only', true],
    ['MIT AND GPL-3.0-only', false],
    ['(MIT OR CC0-1.0) AND BSD-2-Clause', true],
    ['GPL-2.0-only OR MIT AND MPL-2.0', false],
    ['MIT WITH Something-exception', false],
    ['SEE LICENSE IN LICENSE.txt', false],
    ['(MIT', false],
    ['MIT MIT', false],
    ['', false],
    ['UNLICENSED', false],
  ])('%s: %s', (expression, permissive) => {
    expect(isPermissive(expression)).toBe(permissive)
  })

  const one = (over: Partial<LockedPackage>): LockedPackage[] => [
    { name: 'a', version: '1.0.0', production: true, licence: 'MPL-2.0', ...over },
  ]
  const why = 'a reason'

  it('an exception holds for what it names, with the licence that it names, and for what runs only if it says so', () => {
    const forWork = { a: { licence: 'MPL-2.0', production: false, why } }
    expect(licenceProblems(one({ production: false }), forWork)).toEqual([])
    expect(licenceProblems(one({}), forWork)).toContain('a@1.0.0 (runs with Muster): MPL-2.0')
    expect(licenceProblems(one({ production: false, licence: 'GPL-3.0-only' }), forWork)).toHaveLength(2)
    expect(licenceProblems(one({ name: 'ab', production: false }), forWork)).toHaveLength(2)
    expect(licenceProblems(one({ licence: undefined }), {})).toEqual(['a@1.0.0 (runs with Muster): no licence is said'])
    expect(licenceProblems(one({ licence: 'MIT' }), forWork)).toEqual(['the exception for a is no longer needed'])
  })

  describe('of a package', () => {
    let root: string
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'muster-supply-'))
    })
    afterEach(() => rmSync(root, { recursive: true, force: true }))

    it('are what its installed manifest says, whatever the lock file has noted', () => {
      const packages = {
        '': {},
        'node_modules/here': { version: '1.0.0', license: 'MIT' },
        'node_modules/here/node_modules/@deep/er': { version: '2.0.0', dev: true },
        'node_modules/elsewhere': { version: '3.0.0', license: 'ISC', optional: true },
        'node_modules/own': { link: true },
      }
      writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
      const install = (path: string, manifest: object): void => {
        mkdirSync(join(root, path), { recursive: true })
        writeFileSync(join(root, path, 'package.json'), JSON.stringify(manifest))
      }
      install('node_modules/here', { license: 'GPL-3.0-only' })
      install('node_modules/here/node_modules/@deep/er', { licenses: [{ type: 'BSD-3-Clause' }] })
      expect(lockedPackages(root)).toEqual([
        { name: 'here', version: '1.0.0', production: true, licence: 'GPL-3.0-only' },
        { name: '@deep/er', version: '2.0.0', production: false, licence: 'BSD-3-Clause' },
        { name: 'elsewhere', version: '3.0.0', production: true, licence: 'ISC' },
      ])
    })
  })
})

describe('an audit', () => {
  const packages: LockedPackage[] = [
    { name: 'ws', version: '7.0.0', production: true, licence: 'MIT' },
    { name: 'tool', version: '7.0.0', production: false, licence: 'MIT' },
  ]
  const audited = (told: Told) => auditOf(told, packages)
  const none = { info: 0, low: 0, moderate: 0, high: 0, critical: 0 }
  const told = (body: unknown, code = 1) => ({ stdout: JSON.stringify(body), stderr: '', code })
  const report = (severity: string, name = 'ws') => ({
    auditReportVersion: 2,
    vulnerabilities: { [name]: { severity, range: '<8' } },
    metadata: { vulnerabilities: { ...none, [severity]: 1 } },
  })

  it('fails at what is high or critical, in what Muster runs with', () => {
    expect(audited(told(report('critical')))).toMatchObject({
      outcome: 'failed',
      text: expect.stringContaining('ws <8'),
    })
    expect(audited(told(report('high')))).toMatchObject({ outcome: 'failed' })
    expect(audited(told(report('high', 'tool')))).toMatchObject({
      outcome: 'passed',
      text: expect.stringContaining('high 1'),
    })
    expect(audited(told(report('moderate')))).toMatchObject({ outcome: 'passed' })
    const clean = { auditReportVersion: 2, vulnerabilities: {}, metadata: { vulnerabilities: none } }
    expect(audited(told(clean, 0))).toMatchObject({ outcome: 'passed' })
  })

  it('of a registry that does not answer is none; any other silence is a failure', () => {
    const error = { summary: '', detail: '' }
    const message = '405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk'
    expect(audited(told({ message, error }))).toEqual({ outcome: 'unavailable', text: message })
    const noLock = { error: { code: 'ENOLOCK', summary: 'This command requires an existing lockfile.', detail: '' } }
    for (const body of [noLock, {}, { auditReportVersion: 3 }, null])
      expect(audited(told(body))).toMatchObject({ outcome: 'failed' })
    expect(audited({ stdout: '', stderr: 'spawn npm ENOENT', code: null })).toMatchObject({ outcome: 'failed' })
  })
})
