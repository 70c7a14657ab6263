import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A package that the lock file names; workspaces of ours are not among them. */
export interface LockedPackage {
  readonly name: string
  readonly version: string
  /** Muster runs with it; the others are for working on Muster. */
  readonly production: boolean
  /** SPDX expression; `undefined` where neither its manifest nor the lock file has one. */
  readonly licence: string | undefined
}

interface LockEntry {
  readonly version?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly license?: unknown
}

/** What the lock file of a directory names. The licence is what the installed manifest says; of what is not installed here, for other platforms, what npm noted. */
export function lockedPackages(root: string): readonly LockedPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>
  }
  return Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .map(([path, { version = '', dev = false, license }]) => ({
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      production: !dev,
      licence: expressionOf(installedLicence(join(root, path, 'package.json')) ?? license),
    }))
}

function installedLicence(manifest: string): unknown {
  if (!existsSync(manifest)) return undefined
  const { license, licenses } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
  return license ?? (Array.isArray(licenses) ? licenses[0] : undefined)
}

/** Old manifests have an object with a type. */
function expressionOf(licence: unknown): string | undefined {
  if (typeof licence === 'string') return licence
  const type = (licence as { type?: unknown } | undefined)?.type
  return typeof type === 'string' ? type : undefined
}
