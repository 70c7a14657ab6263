import { writeFileSync } from 'node:fs'
import type { GraphVersion } from '../entity-model.ts'
import { modelText } from './model-text.ts'
import { readPackage } from './packages.ts'

/** Writes the model of each version anew from the packages: `npm run graph-model`. */
for (const version of ['v1.0', 'beta'] satisfies GraphVersion[]) {
  const types = readPackage(version)
  if (!types) throw new Error(`the type declarations of Graph ${version} are not installed`)
  writeFileSync(new URL(`../${version}.model.json`, import.meta.url), modelText(version, types.source, types.text))
}
