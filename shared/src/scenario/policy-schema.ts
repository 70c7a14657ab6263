import { PlatformName } from '@muster/shared/contracts'
import { nearestName } from '@muster/shared/core'
import { z } from 'zod'
import { Duration } from './duration.ts'
import { Id } from './terms.ts'

export const SettingValue = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())])

const Action = z.strictObject({
  type: z.enum(['notification', 'retire', 'wipe', 'pushNotification', 'remoteLock', 'noAction']),
  after: Duration,
})

const Written = z.strictObject({
  id: Id,
  /** Another policy whose platform, settings, grace period and actions this one has as well; its own go first. */
  from: Id.optional(),
  type: z.enum(['compliance', 'configuration']).optional(),
  platform: PlatformName.optional(),
  name: z.string().min(1).max(200).optional(),
  settings: z.record(z.string(), SettingValue).optional(),
  /** Compliance only: how long a device may stay noncompliant before it is marked so. Whole hours. */
  gracePeriod: Duration.optional(),
  actions: z.array(Action).optional(),
  /** `all-devices`, `all-users`, or ids of groups. @default all-devices; nobody with `from` */
  assignTo: z.array(z.string()).optional(),
  exclude: z.array(Id).default([]),
  filter: z.strictObject({ id: Id, mode: z.enum(['include', 'exclude']).default('include') }).optional(),
})
type Written = z.infer<typeof Written>

/** Policies, each whole: with what it has from another. */
export const Policies = z.array(Written).transform((written, context) => {
  const wholes = written.map((policy, index) => {
    const report = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [index, key], message, input: policy })
    const inherited = ancestry(policy, written, report)
    const { type, platform, settings, gracePeriod = 0, actions = [] } = Object.assign({}, ...inherited) as Written
    if (inherited.length > 0 && type === undefined) report('type', 'is missing: expected compliance or configuration')
    if (inherited.length > 0 && platform === undefined) report('platform', 'is missing: expected a platform')
    if (inherited.length > 0 && settings === undefined) report('settings', 'is missing: expected settings')
    if (type === undefined || platform === undefined || settings === undefined) return undefined
    const { id, name, exclude, filter, assignTo = policy.from === undefined ? ['all-devices'] : [] } = policy
    return {
      ...{ id, type, platform, name, gracePeriod, actions, assignTo, exclude, filter },
      settings: Object.assign({}, ...inherited.map((each) => each.settings)) as NonNullable<Written['settings']>,
    }
  })
  return wholes.filter((policy) => policy !== undefined)
})

/** The policies that one is made of, itself last; none when that cannot be said, which is reported. */
function ancestry(
  policy: Written,
  all: readonly Written[],
  report: (key: string, message: string) => void,
): readonly Written[] {
  const line = [policy]
  for (let { from } = policy; from !== undefined; from = line[0]?.from) {
    const parent = all.find(({ id }) => id === from)
    if (!parent) {
      // Who names it says so itself.
      const near = nearestName(
        from,
        all.map(({ id }) => id),
      )
      if (line.length === 1)
        report(
          'from',
          `there is no policy ${JSON.stringify(from)}${near ? `; did you mean ${JSON.stringify(near)}?` : ''}`,
        )
      return []
    }
    if (line.includes(parent)) {
      report('from', `${JSON.stringify(policy.id)} comes from itself`)
      return []
    }
    line.unshift(parent)
  }
  return line
}
