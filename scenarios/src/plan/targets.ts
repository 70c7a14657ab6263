import { createDevice } from '@muster/agent/domain'
import { platformOf } from '@muster/agent/platforms'
import { type Foresight, type FutureDevice, foreseeFiltered, foreseeMembers } from '@muster/control/foresight'
import { deviceKey, type EnrolmentMode, enrolmentMode, type PopulationGroup } from '@muster/shared/contracts'
import { exactShare, selectionDraw } from '@muster/shared/core'
import { populationOf, type Scenario, type ScenarioPolicy } from '@muster/shared/scenario'

/** Devices that are made of each part of the population to see whom rules are about. */
const SAMPLE_MAX = 2_000

/** One device of a sample, and for how many it stands. */
interface Sampled {
  readonly key: string
  readonly part: string
  readonly mode: EnrolmentMode
  readonly device: FutureDevice
  readonly weight: number
}

/** How many devices a policy is for. */
export interface PlannedPolicy {
  readonly id: string
  readonly type: string
  readonly platform: string
  /** `undefined` where only users, or members of other groups, decide. */
  readonly atFirst: number | undefined
  /** After all steps that assign it or roll it out. */
  readonly inTheEnd: number | undefined
  /** Of some parts only a sample was looked at. */
  readonly estimated: boolean
}

/** The policies of a scenario, and whom they will be for: by the rules themselves, on the devices that there will be. */
export function policiesOf(scenario: Scenario): readonly PlannedPolicy[] {
  const sample = sampleOf(scenario)
  const groups = new Map(scenario.tenant.groups.map((group) => [group.id, groupOf(group, scenario, sample)]))
  const estimated = populationOf(scenario).groups.some(({ count }) => count > SAMPLE_MAX)
  return scenario.policies.map((policy) => {
    const count = (to: readonly string[], exclude: readonly string[]) =>
      targeted(scenario, policy, sample, groups, { to, exclude })
    const [assigned] = scenario.phases
      .flatMap((phase) => phase.do.flatMap((step) => ('assign' in step ? [step.assign] : [])))
      .filter((step) => step.policy === policy.id)
      .slice(-1)
    const atFirst = count(policy.assignTo, policy.exclude)
    const rolledOut = ringsOf(scenario, policy, sample)
    const inTheEnd = rolledOut ?? (assigned ? count(assigned.to, assigned.exclude) : atFirst)
    const { id, type, platform } = policy
    return { id, type, platform, atFirst, inTheEnd, estimated }
  })
}

function sampleOf(scenario: Scenario): readonly Sampled[] {
  const { seed, users, groups } = populationOf(scenario)
  return groups.flatMap((group) => {
    const made = Math.min(group.count, SAMPLE_MAX)
    return Array.from({ length: made }, (_, index) => sampled(seed, users, group, index + 1, group.count / made))
  })
}

function sampled(
  seed: string,
  users: { count: number; domain: string },
  group: PopulationGroup,
  index: number,
  weight: number,
): Sampled {
  const { inventory, platform, mode } = createDevice({ seed, group, index, users }, platformOf(group.platform))
  const enrolled = enrolmentMode(platform, mode)
  if (!enrolled) throw new Error(`${platform} has no mode ${mode}`)
  const { ownership } = enrolled
  const device = { platform, mode, ownership, inventory, attributes: group.attributes ?? {} }
  return { key: deviceKey(group.name, index), part: group.name, mode: enrolled, device, weight }
}

/** Whether a device will be a member; `undefined` where that cannot be foreseen. */
type Membership = ((sampled: Sampled) => boolean) | undefined

function groupOf(
  { id, rule, percent = 0, of }: Scenario['tenant']['groups'][number],
  scenario: Scenario,
  sample: readonly Sampled[],
): Membership {
  if (rule !== undefined) {
    const foreseen = foreseeMembers(rule)
    const matches: Foresight | undefined = foreseen.ok ? foreseen.value : undefined
    return matches && (({ device }) => matches(device))
  }
  const candidates = sample.filter(({ part, device, mode }) => isOf(part, device.platform, of) && mode.managed)
  const salt = `group/${id}`
  const keys = candidates.map(({ key }) => key)
  const share = exactShare(keys, Math.round((keys.length * percent) / 100), scenario.seed, salt)
  const known = new Set(keys)
  return ({ key }) => known.has(key) && selectionDraw(scenario.seed, salt, key) < share
}

const isOf = (part: string, platform: string, wanted: string | undefined): boolean =>
  wanted === undefined || part === wanted || platform === wanted

function targeted(
  { tenant }: Scenario,
  policy: ScenarioPolicy,
  sample: readonly Sampled[],
  groups: ReadonlyMap<string, Membership>,
  { to, exclude }: { readonly to: readonly string[]; readonly exclude: readonly string[] },
): number | undefined {
  const named = [...to, ...exclude].filter((name) => name !== 'all-devices' && name !== 'all-users')
  if (named.some((name) => groups.get(name) === undefined)) return undefined
  const isIn = (name: string, device: Sampled): boolean =>
    name === 'all-devices' ||
    (name === 'all-users' ? device.mode.user === 'required' : groups.get(name)?.(device) === true)
  const rule = tenant.filters.find(({ id }) => id === policy.filter?.id)
  const foreseen = rule && foreseeFiltered(rule.rule, rule.platform)
  if (foreseen && !foreseen.ok) return undefined
  const passes = (device: FutureDevice): boolean =>
    !foreseen?.ok || foreseen.value(device) === (policy.filter?.mode !== 'exclude')
  const chosen = sample.filter(
    (each) =>
      each.mode.managed &&
      each.device.platform === policy.platform &&
      to.some((name) => isIn(name, each)) &&
      !exclude.some((name) => isIn(name, each)) &&
      passes(each.device),
  )
  return Math.round(chosen.reduce((sum, { weight }) => sum + weight, 0))
}

/** Devices in the greatest ring of the rollouts of a policy; the rings of one rollout lie within each other. */
function ringsOf({ phases }: Scenario, policy: ScenarioPolicy, sample: readonly Sampled[]): number | undefined {
  const rings = phases
    .flatMap((phase) => phase.do.flatMap((step) => ('rollout' in step ? [step.rollout] : [])))
    .filter((rollout) => rollout.policy === policy.id)
    .flatMap((rollout) => rollout.rings)
  if (rings.length === 0) return undefined
  const sizes = rings.map(({ of, percent }) => {
    const devices = sample.filter(
      ({ part, device, mode }) => isOf(part, device.platform, of ?? policy.platform) && mode.managed,
    )
    return (devices.reduce((sum, { weight }) => sum + weight, 0) * percent) / 100
  })
  return Math.round(Math.max(...sizes))
}
