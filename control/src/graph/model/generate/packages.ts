import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { GraphVersion } from '../entity-model.ts'

const require = createRequire(import.meta.url)

/** The type declarations of a version, and the package with its version that they come from. */
export interface GraphTypes {
  readonly source: string
  readonly text: string
}

/** The type declarations of a version; nothing where they are not installed, since they are for development only. */
export function readPackage(version: GraphVersion): GraphTypes | undefined {
  const manifest = manifestOf(version)
  if (manifest === undefined) return undefined
  const { name, version: published } = JSON.parse(readFileSync(manifest, 'utf8'))
  return {
    source: `${name}@${published}`,
    text: readFileSync(join(dirname(manifest), 'microsoft-graph.d.ts'), 'utf8'),
  }
}

function manifestOf(version: GraphVersion): string | undefined {
  try {
    return version === 'beta'
      ? require.resolve('@microsoft/microsoft-graph-types-beta/package.json')
      : require.resolve('@microsoft/microsoft-graph-types/package.json')
  } catch {
    return undefined
  }
}
