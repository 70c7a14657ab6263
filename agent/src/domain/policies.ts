import type { ItemResult, PolicyBody, PolicyItem, PolicyReference, PolicySet } from '@muster/shared/contracts'
import { MINUTE_MS, type Rng } from '@muster/shared/core'
import { appointNoLater } from './agenda.ts'
import type { Attempt, ItemOutcome, Wait } from './platform.ts'
import type { DeviceState, HeldPolicy } from './state.ts'
import { deviceNowMs, type Turn, viewOf } from './turn.ts'

/** Hold exactly the wanted set: take back what is not in it any more, carry out what is new. */
export function holdSet(
  state: DeviceState,
  turn: Turn,
  wanted: PolicySet,
  bodies: ReadonlyMap<string, PolicyBody>,
): {
  readonly state: DeviceState /** It is to crash, and did so in the middle of a policy. */
  readonly died: boolean
} {
  const wantedIds = new Set(wanted.policies.map(({ policyId }) => policyId))
  const gone = state.policies.filter(({ reference }) => !wantedIds.has(reference.policyId))
  const without: DeviceState = {
    ...state,
    policies: state.policies.filter((policy) => !gone.includes(policy)),
    marks: {
      ...state.marks,
      removedPolicyIds: [...state.marks.removedPolicyIds, ...gone.map(({ reference }) => reference.policyId)],
    },
  }
  let next = gone.reduce((after, policy) => takeBack(after, turn, policy), without)
  const fatal = state.faults?.crash ? chooseFatal(state, turn, wanted, bodies) : undefined
  for (const reference of wanted.policies) {
    const body = bodies.get(reference.sha256)
    if (body && reference === fatal?.reference)
      return { state: holdPartly(next, turn, fatal.reference, body, fatal.itemsDone), died: true }
    if (body) next = holdPolicy(next, turn, reference, body)
  }
  const marks = { ...next.marks, policySet: true }
  return { state: appointWaits({ ...next, policySetDigest: wanted.digest, marks }, turn), died: false }
}

/** In which of the new policies the device dies, and after how many items of it; nothing when there is nothing to do. */
function chooseFatal(
  { policies }: DeviceState,
  turn: Turn,
  wanted: PolicySet,
  bodies: ReadonlyMap<string, PolicyBody>,
): { readonly reference: PolicyReference; readonly itemsDone: number } | undefined {
  const fresh = wanted.policies.filter(
    ({ sha256, kind }) =>
      kind === 'configuration' &&
      (bodies.get(sha256)?.items.length ?? 0) > 0 &&
      !policies.some(({ reference }) => reference.sha256 === sha256),
  )
  if (fresh.length === 0) return undefined
  const chance = turn.chance.fork('crash')
  const reference = chance.pick(fresh)
  return { reference, itemsDone: chance.int(0, (bodies.get(reference.sha256)?.items.length ?? 1) - 1) }
}

/** The first items of a policy are done, and written down as done. */
function holdPartly(
  state: DeviceState,
  turn: Turn,
  { policyId, sha256 }: PolicyReference,
  body: PolicyBody,
  itemsDone: number,
): DeviceState {
  const held = state.policies.find(({ reference }) => reference.policyId === policyId)
  const cleared = held
    ? takeBack(state, turn, { ...held, body: { ...held.body, items: droppedItems(held.body, body) } })
    : state
  const { state: after, outcome } = applyItems(cleared, turn, body.items.slice(0, itemsDone), undefined)
  return { ...after, unfinished: { sha256, ...outcome } }
}

function holdPolicy(state: DeviceState, turn: Turn, reference: PolicyReference, body: PolicyBody): DeviceState {
  const held = state.policies.find((policy) => policy.reference.policyId === reference.policyId)
  if (held && (held.reference.sha256 === reference.sha256 || held.reference.revision > reference.revision)) return state
  const cleared = held
    ? takeBack(state, turn, { ...held, body: { ...held.body, items: droppedItems(held.body, body) } })
    : state
  const others = cleared.policies.filter((policy) => policy.reference.policyId !== reference.policyId)
  if (body.kind === 'compliance') {
    const policy = {
      reference,
      body,
      results: evaluate(cleared, turn, body.items),
      appliedAtMs: deviceNowMs(state, turn),
    }
    return mark({ ...cleared, policies: [...others, policy] }, reference.policyId)
  }
  const { unfinished } = cleared
  const journal = unfinished?.sha256 === reference.sha256 ? unfinished : undefined
  const done = new Set(journal?.results.map(({ itemId }) => itemId))
  const applied = applyItems(
    journal ? { ...cleared, unfinished: undefined } : cleared,
    turn,
    body.items.filter(({ itemId }) => !done.has(itemId)),
    undefined,
  )
  const outcome = journal ? joined(journal, applied.outcome) : applied.outcome
  return mark(
    {
      ...applied.state,
      policies: [...others, { reference, body, ...outcome, appliedAtMs: deviceNowMs(state, turn) }],
    },
    reference.policyId,
  )
}

/** What was done before, and what was done after. */
function joined(before: Outcome, after: Outcome): Outcome {
  const waiting = { ...before.waiting, ...after.waiting }
  const spoilt = [...(before.spoilt ?? []), ...(after.spoilt ?? [])]
  return {
    results: [...before.results, ...after.results],
    ...(Object.keys(waiting).length > 0 ? { waiting } : {}),
    ...(spoilt.length > 0 ? { spoilt } : {}),
  }
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
  readonly outcome: Outcome
}

type Outcome = Pick<HeldPolicy, 'results' | 'waiting' | 'spoilt'>

/** Carry out items in order, each seeing what the ones before have set. `happened` has what waiting items waited for. */
function applyItems(state: DeviceState, turn: Turn, items: readonly PolicyItem[], happened: Wait | undefined): Applied {
  const results: ItemResult[] = []
  const waiting: Record<string, Wait> = {}
  const spoilt: string[] = []
  let next = state
  for (const item of items) {
    const chance = turn.chance.fork(`apply/${item.itemId}`)
    const spoils = isSpoilt(state, chance)
    if (spoils) spoilt.push(item.itemId)
    const attempt: Attempt = {
      chance,
      failure: spoils ? 1 : state.temperament.applyFailure,
      ...(happened === undefined ? {} : { after: happened }),
    }
    const outcome = turn.platform.apply(item, viewOf(next), attempt)
    next = withChanges(next, outcome)
    results.push(outcome.result)
    if (outcome.waitsFor) waiting[item.itemId] = outcome.waitsFor
  }
  return { state: next, outcome: joined({ results, waiting, spoilt }, { results: [] }) }
}

/** Whether a fault of the scenario makes an item fail. A full disk spoils all that can be. */
const isSpoilt = ({ faults }: DeviceState, chance: Rng): boolean =>
  faults?.diskFull !== undefined || (faults?.failing !== undefined && chance.fork('spoilt').chance(faults.failing))

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

/** Answer every compliance policy again and mark those whose answers have changed. Of the same facts nothing is asked twice. */
export function evaluateCompliance(state: DeviceState, turn: Turn): DeviceState {
  const { answeredFor, inventory, settings } = state
  if (
    answeredFor?.policies === state.policies &&
    answeredFor.inventory === inventory &&
    answeredFor.settings === settings
  )
    return state
  const changed: string[] = []
  const policies = state.policies.map((policy) => {
    if (policy.body.kind !== 'compliance') return policy
    const results = evaluate(state, turn, policy.body.items)
    if (JSON.stringify(results) === JSON.stringify(policy.results)) return policy
    changed.push(policy.reference.policyId)
    return { ...policy, results, appliedAtMs: deviceNowMs(state, turn) }
  })
  const held = changed.length > 0 ? policies : state.policies
  const answered: DeviceState = { ...state, policies: held, answeredFor: { policies: held, inventory, settings } }
  return changed.reduce(mark, answered)
}

/** A restart or an act of the user has happened: items that waited for it are carried out now. */
export function proceed(state: DeviceState, turn: Turn, happened: Wait): DeviceState {
  const next = state.policies.reduce((after, policy) => proceedWith(after, turn, policy, happened), state)
  return appointWaits(next, turn)
}

/** Carry out configuration once more, all of it, as when what it had set is gone. */
export const redo = (state: DeviceState, turn: Turn): DeviceState =>
  again(state, turn, ({ body }) => (body.kind === 'configuration' ? body.items : []))

/** Carry out once more what a fault of the scenario made fail. */
export const redoSpoilt = (state: DeviceState, turn: Turn): DeviceState =>
  again(state, turn, ({ body, spoilt = [] }) => body.items.filter(({ itemId }) => spoilt.includes(itemId)))

function again(state: DeviceState, turn: Turn, which: (policy: HeldPolicy) => readonly PolicyItem[]): DeviceState {
  const next = state.policies.reduce((after, policy) => {
    const items = which(policy)
    return items.length === 0 ? after : carryOutAgain(after, turn, policy, items, undefined)
  }, state)
  return appointWaits(next, turn)
}

function proceedWith(state: DeviceState, turn: Turn, policy: HeldPolicy, happened: Wait): DeviceState {
  const items = policy.body.items.filter(({ itemId }) => policy.waiting?.[itemId] === happened)
  return items.length === 0 ? state : carryOutAgain(state, turn, policy, items, happened)
}

function carryOutAgain(
  state: DeviceState,
  turn: Turn,
  policy: HeldPolicy,
  items: readonly PolicyItem[],
  happened: Wait | undefined,
): DeviceState {
  const { waiting = {}, spoilt = [], ...rest } = policy
  const { state: after, outcome } = applyItems(state, turn, items, happened)
  const redone = new Map(outcome.results.map((result) => [result.itemId, result]))
  const stillWaiting = {
    ...Object.fromEntries(Object.entries(waiting).filter(([itemId]) => !redone.has(itemId))),
    ...outcome.waiting,
  }
  const stillSpoilt = [...spoilt.filter((itemId) => !redone.has(itemId)), ...(outcome.spoilt ?? [])]
  const updated: HeldPolicy = {
    ...rest,
    results: policy.results.map((result) => redone.get(result.itemId) ?? result),
    appliedAtMs: deviceNowMs(state, turn),
    ...(Object.keys(stillWaiting).length > 0 ? { waiting: stillWaiting } : {}),
    ...(stillSpoilt.length > 0 ? { spoilt: stillSpoilt } : {}),
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
