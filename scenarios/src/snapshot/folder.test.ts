import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '@muster/shared/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSnapshot, readManifest, snapshotNames, writeSnapshot } from './folder.ts'
import { type Manifest, manifestText, parseManifest } from './manifest.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-snapshots-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const described = { mode: 'live', muster: '1', savedAtWallMs: 1, atMs: 2, devices: 3 } as const

/** A snapshot with one part. */
function write(name: string, { replace = false, signal = new AbortController().signal, text = 'all of it' } = {}) {
  return writeSnapshot({ root, name, replace, signal }, async (dir) => {
    mkdirSync(join(dir, 'data'))
    writeFileSync(join(dir, 'data', 'part'), text, { mode: 0o600 })
    return described
  })
}

const coded = (code: string) => expect.objectContaining({ code })

describe('the folder of a snapshot', () => {
  it('is there whole, for its owner only, or not at all', async () => {
    await write('one')
    expect(openSnapshot(root, 'one').manifest).toMatchObject({
      ...described,
      name: 'one',
      parts: [{ path: 'data/part' }],
    })
    expect(statSync(join(root, 'one')).mode & 0o777).toBe(0o700)
    for (const file of ['manifest.json', 'data/part'])
      expect(statSync(join(root, 'one', file)).mode & 0o777).toBe(0o600)
    await expect(write('one')).rejects.toEqual(coded('snapshot/exists'))
    await write('one', { replace: true, text: 'something else' })
    expect(readFileSync(join(root, 'one', 'data', 'part'), 'utf8')).toBe('something else')

    await expect(write('two', { signal: AbortSignal.abort(new Error('interrupted')) })).rejects.toThrow('interrupted')
    const signal = new AbortController().signal
    await expect(
      writeSnapshot({ root, name: 'two', replace: false, signal }, async (dir) => {
        writeFileSync(join(dir, 'half'), '')
        throw new Error('no further')
      }),
    ).rejects.toThrow('no further')
    expect(readdirSync(root)).toEqual(['one'])
  })

  it('has none of what a killed process left behind', async () => {
    // No process has this number: it is above every limit of the system.
    mkdirSync(join(root, '.99999999-half'))
    expect(snapshotNames(root)).toEqual([])
    await write('one')
    expect(readdirSync(root)).toEqual(['one'])
  })

  it('is seen when it is damaged, is missing, or has no good name', async () => {
    await write('one')
    const part = join(root, 'one', 'data', 'part')
    writeFileSync(part, 'all of iT')
    expect(() => openSnapshot(root, 'one')).toThrow(coded('snapshot/damaged'))
    rmSync(part)
    expect(() => openSnapshot(root, 'one')).toThrow(coded('snapshot/damaged'))
    rmSync(join(root, 'one', 'manifest.json'))
    expect(() => readManifest(root, 'one')).toThrow(coded('snapshot/damaged'))
    expect(() => readManifest(root, 'none')).toThrow(coded('snapshot/not-found'))
    for (const name of ['', '..', '../one', 'a/b', '.hidden', '-flag', 'a b', 'x'.repeat(65), 'nul\0'])
      expect(() => readManifest(root, name)).toThrow(coded('snapshot/bad-name'))
    expect(existsSync(join(root, '..', 'one'))).toBe(false)
  })
})

describe('a manifest', () => {
  const manifest: Manifest = {
    ...described,
    format: 1,
    name: 'one',
    parts: [{ path: 'data/part', bytes: 9, sha256: 'a'.repeat(64) }],
  }
  const text = manifestText(manifest)

  it('is read as it was written, and of a newer Muster refused', () => {
    expect(parseManifest(text, 'one')).toEqual(manifest)
    expect(() => parseManifest(manifestText({ ...manifest, format: 2 as 1 }), 'one')).toThrow(
      coded('snapshot/newer-version'),
    )
    const outside = { ...manifest, parts: [{ path: '../../etc/passwd', bytes: 1, sha256: 'a'.repeat(64) }] }
    expect(() => parseManifest(manifestText(outside), 'one')).toThrow(coded('snapshot/damaged'))
  })

  it('is refused in words whatever happened to its text', () => {
    const refused = (changed: string): void => {
      try {
        expect(parseManifest(changed, 'one')).toEqual(manifest)
      } catch (error) {
        if (!(error instanceof CodedError)) throw error
        expect(error.code).toMatch(/^snapshot\/(damaged|newer-version)$/)
      }
    }
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), fc.nat(20), (at, put, cut) => {
        refused(text.slice(0, at) + put + text.slice(at + cut))
      }),
    )
    fc.assert(fc.property(fc.json(), refused))
    fc.assert(fc.property(fc.string(), refused))
  })
})
