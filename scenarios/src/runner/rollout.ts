import { compileGate, formatDuration, type ScenarioStep } from '@muster/shared/scenario'
import { listAll } from '../client/graph.ts'
import { type Rollout as Progress, type RunContext, sleep } from './context.ts'
import { addMembers, devicesOf } from './members.ts'
import { policyOf } from './steps.ts'
import { assignPolicy, policyPath, updatePolicy } from './tenant.ts'

type Rollout = Extract<ScenarioStep, { rollout: unknown }>['rollout']

type RingProgress = Progress['rings'] extends Map<string, infer Ring> ? Ring : never

/** Thrown when a gate holds a rollout back and the scenario wants that to fail the phase. */
export class GateClosed extends Error {}

/**
 * Roll a policy out ring by ring. A ring is a group that grows; the next one is assigned when the one before has soaked
 * and its gate holds.
 */
export async function rollOut(context: RunContext, rollout: Rollout): Promise<void> {
  const policy = policyOf(context, rollout.policy)
  if (rollout.settings) await updatePolicy(context, policy, rollout.settings)
  const assigned: string[] = []
  const progress: Progress = { state: 'running', rings: new Map() }
  context.rollouts.set(rollout.policy, progress)
  for (const ring of rollout.rings) {
    const groupName = `${rollout.policy}-${ring.name}`
    const created = (await context.client.call('POST', '/v1.0/groups', {
      displayName: groupName,
      mailEnabled: false,
      mailNickname: groupName,
      securityEnabled: true,
    })) as { id: string }
    context.groupIds.set(groupName, created.id)
    const devices = await devicesOf(context, ring.of ?? policy.platform, `rollout/${rollout.policy}`)
    const members = devices.slice(0, Math.round((devices.length * ring.percent) / 100))
    const ids = new Set(members.map(({ deviceId }) => deviceId ?? ''))
    const own: RingProgress = { state: 'running', fromMs: context.nowMs(), members: ids }
    progress.rings.set(ring.name, own)
    await addMembers(context, created.id, members)
    assigned.push(groupName)
    await assignPolicy(context, policy, assigned, [])
    context.note('rollout', `${rollout.policy}: ring ${ring.name} begins with ${members.length} devices`)
    await sleep(context, ring.soak)
    if (rollout.gate && !(await passes(context, rollout, ring.name, ids))) {
      own.state = 'halted'
      progress.state = 'halted'
      return
    }
    own.state = 'passed'
  }
  progress.state = 'completed'
  context.note('rollout', `${rollout.policy}: completed`)
}

async function passes(
  context: RunContext,
  { policy, gate }: Rollout,
  ring: string,
  members: ReadonlySet<string>,
): Promise<boolean> {
  if (!gate) return true
  const compiled = compileGate(gate.expr)
  if (!compiled.ok) throw new Error(compiled.message)
  const sinceMs = context.nowMs()
  for (;;) {
    const counts = await countRing(context, policy, members)
    if (compiled.expression.evaluate(counts)) {
      context.note(
        'rollout',
        `${policy}: ring ${ring} passed its gate (${percent(counts.succeeded)} succeeded, ${percent(counts.errors)} errors)`,
      )
      return true
    }
    const waitedMs = context.nowMs() - sinceMs
    if (waitedMs >= gate.within) {
      const text = `${policy}: ring ${ring} was held back: ${percent(counts.reported)} reported, ${percent(counts.succeeded)} succeeded, ${percent(counts.errors)} errors after ${formatDuration(gate.within)}; the gate is ${gate.expr}`
      context.note('rollout', text)
      if (gate.onFail === 'fail') {
        const progress = context.rollouts.get(policy)
        if (progress) progress.state = 'halted'
        throw new GateClosed(text)
      }
      return false
    }
    await sleep(context, Math.min(gate.within - waitedMs, context.stage.lookAgainMs(waitedMs)))
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** How a ring stands, as shares of its devices. */
export async function countRing(context: RunContext, policyId: string, members: ReadonlySet<string>) {
  const path = `${policyPath(context, policyOf(context, policyId))}/deviceStatuses?$top=1000`
  const statuses = (await listAll(context.client, path)).filter(({ deviceId }) => members.has(String(deviceId)))
  const share = (...states: string[]): number =>
    members.size === 0 ? 0 : statuses.filter(({ status }) => states.includes(String(status))).length / members.size
  return {
    targeted: members.size,
    reported: members.size === 0 ? 0 : statuses.filter(({ status }) => status !== 'pending').length / members.size,
    succeeded: share('compliant', 'remediated', 'notApplicable'),
    errors: share('error', 'conflict'),
  }
}
