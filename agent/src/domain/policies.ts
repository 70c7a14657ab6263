import type { ItemResult, PolicyBody, PolicyItem, PolicyReference, PolicySet } from '@muster/shared/contracts'
import { MINUTE_MS } from '@muster/shared/core'
import { appointNoLater } from './agenda.ts'
import type { Attempt, ItemOutcome, Wait } from './platform.ts'
import type { DeviceState, HeldPolicy } from './state.ts'
import { type Turn, viewOf } from './turn.ts'

/** Hold exactly the wanted set: take back what is not in it any more, carry out what is new. */
export function holdSet(
  state: DeviceState,
  turn: Turn,
  wanted: PolicySet,
  bodies: ReadonlyMap<string, PolicyBody>,
): DeviceState {
  const wantedIds = new Set(wanted.policies.map(({ policyId }) => policyId))
  const gone = state.policies.filter(({ reference }) => !wantedIds.has(reference.policyId))
  const without: DeviceState = {
    ...state,
    policies: state.policies.filter((policy) => !gone.includes(policy)),
    policySetDigest: wanted.digest,
    marks: {
      ...state.marks,
      policySet: true,
      removedPolicyIds: [...state.marks.removedPolicyIds, ...gone.map(({ reference }) => reference.policyId)],
    },
  }
  let next = gone.reduce((after, policy) => takeBack(after, turn, policy), without)
  for (const reference of wanted.policies) {
    const body = bodies.get(reference.sha256)
    if (body) next = holdPolicy(next, turn, reference, body)
  }
  return appointWaits(next, turn)
}

function holdPolicy(state: DeviceState, turn: Turn, reference: PolicyReference, body: PolicyBody): DeviceState {
  const held = state.policies.find((policy) => policy.reference.policyId === reference.policyId)
  if (held && (held.reference.sha256 === reference.sha256 || held.reference.revision > reference.revision)) return state
  const cleared = held
    ? takeBack(state, turn, { ...held, body: { ...held.body, items: droppedItems(held.body, body) } })
    : state
  const others = cleared.policies.filter((policy) => policy.reference.policyId !== reference.policyId)
  if (body.kind === 'compliance') {
    const policy = { reference, body, results: evaluate(cleared, turn, body.items), appliedAtMs: turn.nowMs }
    return mark({ ...cleared, policies: [...others, policy] }, reference.policyId)
  }
  const applied = applyItems(cleared, turn, body.items, undefined)
  return mark(
    { ...applied.state, policies: [...others, { reference, body, ...applied.outcome, appliedAtMs: turn.nowMs }] },
    reference.policyId,
  )
}

const droppedItems = (before: PolicyBody, after: PolicyBody): PolicyItem[] =>
  before.items.filter((item) => !after.items.some(({ itemId }) => itemId === item.itemId))

/** Take back what the items had set, but for what another policy that stays wants as well. */
function takeBack(state: DeviceState, { platform }: Turn, { body }: HeldPolicy): DeviceState {
  if (body.kind !== 'configuration' || body.items.length === 0) return state
  const view = viewOf(state)
  const others = state.policies.filter(
    (policy) => policy.body.kind === 'configuration' && policy.body.policyId !== body.policyId,
  )
  const wanted = new Set(
    others.flatMap((policy) =>
      policy.body.items.flatMap((item) => Object.keys(platform.remove(item, view).settings ?? {})),
    ),
  )
  return body.items.reduce((after, item) => {
    const removed = Object.entries(platform.remove(item, viewOf(after)).settings ?? {})
    return withChanges(after, { settings: Object.fromEntries(removed.filter(([address]) => !wanted.has(address))) })
  }, state)
}

/** The service has no answer for these: whatever of them is held goes into the next report. */
export const markAll = (state: DeviceState, policyIds: readonly string[]): DeviceState =>
  policyIds
    .filter((policyId) => state.policies.some(({ reference }) => reference.policyId === policyId))
    .reduce(mark, state)

const mark = (state: DeviceState, policyId: string): DeviceState =>
  state.marks.policyIds.includes(policyId)
    ? state
    : { ...state, marks: { ...state.marks, policyIds: [...state.marks.policyIds, policyId] } }

interface Applied {
  readonly state: DeviceState
  readonly outcome: Pick<HeldPolicy, 'results' | 'waiting'>
}

/** Carry out items in order, each seeing what the ones before have set. `happened` has what waiting items waited for. */
function applyItems(state: DeviceState, turn: Turn, items: readonly PolicyItem[], happened: Wait | undefined): Applied {
  const results: ItemResult[] = []
  const waiting: Record<string, Wait> = {}
  let next = state
  for (const item of items) {
    const attempt: Attempt = {
      chance: turn.chance.fork(`apply/${item.itemId}`),
      failure: state.temperament.applyFailure,
      ...(happened === undefined ? {} : { after: happened }),
    }
    const outcome = turn.platform.apply(item, viewOf(next), attempt)
    next = withChanges(next, outcome)
    results.push(outcome.result)
    if (outcome.waitsFor) waiting[item.itemId] = outcome.waitsFor
  }
  return { state: next, outcome: Object.keys(waiting).length > 0 ? { results, waiting } : { results } }
}

function withChanges(
  state: DeviceState,
  { settings, posture, os }: Pick<ItemOutcome, 'settings' | 'posture' | 'os'>,
): DeviceState {
  if (!settings && !posture && !os) return state
  const kept = { ...state.settings, ...settings }
  for (const [address, value] of Object.entries(settings ?? {})) if (value === null) delete kept[address]
  const inventory =
    posture || os
      ? { ...state.inventory, posture: { ...state.inventory.posture, ...posture }, os: os ?? state.inventory.os }
      : state.inventory
  return { ...state, settings: kept as DeviceState['settings'], inventory }
}

const evaluate = (state: DeviceState, { platform }: Turn, items: readonly PolicyItem[]): readonly ItemResult[] => {
  const view = viewOf(state)
  return items.map((item) => platform.evaluate(item, view))
}

/** Answer every compliance policy again and mark those whose answers have changed. */
export function evaluateCompliance(state: DeviceState, turn: Turn): DeviceState {
  const changed: string[] = []
  const policies = state.policies.map((policy) => {
    if (policy.body.kind !== 'compliance') return policy
    const results = evaluate(state, turn, policy.body.items)
    if (JSON.stringify(results) === JSON.stringify(policy.results)) return policy
    changed.push(policy.reference.policyId)
    return { ...policy, results, appliedAtMs: turn.nowMs }
  })
  return changed.reduce(mark, changed.length > 0 ? { ...state, policies } : state)
}

/** A restart or an act of the user has happened: items that waited for it are carried out now. */
export function proceed(state: DeviceState, turn: Turn, happened: Wait): DeviceState {
  const next = state.policies.reduce((after, policy) => proceedWith(after, turn, policy, happened), state)
  return appointWaits(next, turn)
}

function proceedWith(state: DeviceState, turn: Turn, policy: HeldPolicy, happened: Wait): DeviceState {
  const { waiting, ...rest } = policy
  const items = policy.body.items.filter(({ itemId }) => waiting?.[itemId] === happened)
  if (!waiting || items.length === 0) return state
  const { state: after, outcome } = applyItems(state, turn, items, happened)
  const redone = new Map(outcome.results.map((result) => [result.itemId, result]))
  const stillWaiting = {
    ...Object.fromEntries(Object.entries(waiting).filter(([itemId]) => !redone.has(itemId))),
    ...outcome.waiting,
  }
  const updated: HeldPolicy = {
    ...rest,
    results: policy.results.map((result) => redone.get(result.itemId) ?? result),
    appliedAtMs: turn.nowMs,
    ...(Object.keys(stillWaiting).length > 0 ? { waiting: stillWaiting } : {}),
  }
  return mark(
    { ...after, policies: after.policies.map((each) => (each === policy ? updated : each)) },
    policy.reference.policyId,
  )
}

/** How long a download and an installation take on average. */
const INSTALL_MS = 4 * MINUTE_MS

/** See to it that what policies wait for will happen some time. */
function appointWaits(state: DeviceState, { nowMs, chance }: Turn): DeviceState {
  const waits = new Set(state.policies.flatMap(({ waiting }) => Object.values(waiting ?? {})))
  let next = state
  const { restartAfterMs, userActsAfterMs } = state.temperament
  if (waits.has('restart')) {
    next = appointNoLater(next, {
      what: 'restart',
      atMs: nowMs + Math.ceil(chance.fork('restart').exponential(restartAfterMs)),
    })
  }
  if (waits.has('user')) {
    next = appointNoLater(next, {
      what: 'user-acts',
      atMs: nowMs + Math.ceil(chance.fork('user').exponential(userActsAfterMs)),
    })
  }
  if (waits.has('install')) {
    next = appointNoLater(next, {
      what: 'installed',
      atMs: nowMs + Math.ceil(chance.fork('install').exponential(INSTALL_MS)),
    })
  }
  return next
}
