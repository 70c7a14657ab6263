import { z } from 'zod'
import type { LockedPackage } from './locked-packages.ts'
import type { Told } from './npm-command.ts'

/** What `npm audit` was able to say. `unavailable`: nothing, because the registry at hand has no advisories. */
export type Audit =
  | { readonly outcome: 'passed' | 'failed'; readonly text: string }
  | { readonly outcome: 'unavailable'; readonly text: string }

const Severity = z.enum(['info', 'low', 'moderate', 'high', 'critical'])
const Report = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ severity: Severity, range: z.string() })),
  metadata: z.object({ vulnerabilities: z.record(Severity, z.number()) }),
})
/** What npm prints when a request of its has failed: a message, and no code of an error of its own. */
const Unanswered = z.object({
  message: z.string().min(1),
  error: z.object({ code: z.undefined().optional(), summary: z.literal('') }),
})
const GRAVE: ReadonlySet<string> = new Set(['high', 'critical'])

/**
 * Grave advisories fail it for what Muster runs with, which the lock file says: npm's `--omit dev` leaves out more. Only a
 * report passes or fails; only a registry that gave none is a reason to skip; all else is a failure.
 */
export function auditOf({ stdout, stderr, code }: Told, packages: readonly LockedPackage[]): Audit {
  const told = parsed(stdout)
  const report = Report.safeParse(told)
  if (!report.success) {
    const unanswered = Unanswered.safeParse(told)
    if (unanswered.success) return { outcome: 'unavailable', text: unanswered.data.message }
    return { outcome: 'failed', text: `npm audit gave no report (exit code ${code}): ${stdout}${stderr}` }
  }
  const { vulnerabilities, metadata } = report.data
  const run = new Set(packages.flatMap(({ name, production }) => (production ? [name] : [])))
  const grave = Object.entries(vulnerabilities).filter(([name, { severity }]) => GRAVE.has(severity) && run.has(name))
  const all = Object.entries(metadata.vulnerabilities).map(([severity, times]) => `${severity} ${times}`)
  return {
    outcome: grave.length === 0 ? 'passed' : 'failed',
    text: [
      ...grave.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`),
      `of all packages: ${all.join(', ')}`,
    ].join('\n'),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
