import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const file = join(
  process.env['MUSTER_REFERENCE'] ?? join(import.meta.dirname, '../../../../../shared/reference'),
  'graph-v1.0.csdl.xml',
)

/** The published schema of v1.0 is no part of the project: it is read where it is present beside it. */
export const referenceText: string | undefined = existsSync(file) ? readFileSync(file, 'utf8') : undefined
