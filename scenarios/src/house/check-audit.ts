import { auditOf } from './audit.ts'
import { lockedPackages, ROOT } from './locked-packages.ts'
import { npm } from './npm-command.ts'

/** What a gate ends with that could not be run: CI counts it as skipped. */
const SKIPPED = 77

/** `npm run audit`: ends with 1 at a grave advisory for what Muster runs with, with 77 when there was nobody to ask. */
const { outcome, text } = auditOf(npm(['audit', '--json', '--fetch-retries=1'], process.env), lockedPackages(ROOT))
process.stdout.write(outcome === 'unavailable' ? `the registry has no advisories: ${text}\n` : `${text}\n`)
process.exitCode = { passed: 0, failed: 1, unavailable: SKIPPED }[outcome]
