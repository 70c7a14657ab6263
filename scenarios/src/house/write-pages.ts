import { writeFileSync } from 'node:fs'
import { errorsPage } from './errors-page.ts'

/** Writes the pages of `docs/` that are made from the code: `npm run docs`. */
writeFileSync(new URL('../../../docs/errors.md', import.meta.url), errorsPage())
