import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { Policy, ScheduledAction } from '../../domain/model.ts'
import { badBody, objectBody, parseBody } from '../body.ts'
import type { GraphRequest } from '../graph-request.ts'

type Entity = Readonly<Record<string, unknown>>
export type WantedAction = Omit<ScheduledAction, 'id'>

const ActionShape = z.object({
  actionType: z.enum([
    'noAction',
    'notification',
    'block',
    'retire',
    'wipe',
    'removeResourceAccessProfiles',
    'pushNotification',
    'remoteLock',
  ]),
  gracePeriodHours: z.number().int().min(0).max(8_760).default(0),
  notificationTemplateId: z.string().max(80).nullish(),
})
const RulesShape = z.array(z.object({ scheduledActionConfigurations: z.array(ActionShape).min(1).max(50) })).length(1)

/** What Graph clients send for "no template". */
const NO_TEMPLATE = '00000000-0000-0000-0000-000000000000'

/** Catalogue policies have a block action at once unless told otherwise. */
export const BLOCK_AT_ONCE: readonly WantedAction[] = [{ actionType: 'block', gracePeriodHours: 0 }]

/** The rules of a compliance policy: exactly one, with exactly one block action. `optional`: they may be absent. */
export function readScheduledActions(
  entity: Entity,
  optional: boolean,
  key = 'scheduledActionsForRule',
): readonly WantedAction[] | undefined {
  const given = entity[key]
  if (given === undefined && optional) return undefined
  if (given === undefined) badBody(`a compliance policy needs exactly one ${key} with a block action`, key)
  const actions = parseBody(RulesShape, given, key).flatMap((rule) => rule.scheduledActionConfigurations)
  if (actions.filter(({ actionType }) => actionType === 'block').length !== 1)
    badBody('there must be exactly one block action', key)
  return actions.map(({ actionType, gracePeriodHours, notificationTemplateId }) => ({
    actionType,
    gracePeriodHours,
    ...(notificationTemplateId && notificationTemplateId !== NO_TEMPLATE ? { notificationTemplateId } : {}),
  }))
}

/** The body of `…/scheduleActionsForRules` and of `…/setScheduledActions`. */
export const readActionsBody = (body: unknown, key: string): readonly WantedAction[] =>
  readScheduledActions(objectBody(body), false, key) ?? []

const sameAction = (a: WantedAction, b: WantedAction): boolean =>
  a.actionType === b.actionType &&
  a.gracePeriodHours === b.gracePeriodHours &&
  a.notificationTemplateId === b.notificationTemplateId

/** Wanted actions with ids; one that was there before keeps its own, so that what was done is not done again. */
export async function withIds(
  tables: Pick<Tables, 'templates'>,
  { control }: GraphRequest,
  before: readonly ScheduledAction[],
  wanted: readonly WantedAction[],
): Promise<readonly ScheduledAction[]> {
  const templates = new Set((await tables.templates.list()).map(({ id }) => id))
  const known = [...before]
  return wanted.map((action) => {
    const { notificationTemplateId } = action
    if (notificationTemplateId !== undefined && !templates.has(notificationTemplateId))
      badBody(`there is no notification template ${notificationTemplateId}`, 'notificationTemplateId')
    const index = known.findIndex((old) => sameAction(old, action))
    const [old] = index < 0 ? [] : known.splice(index, 1)
    return { ...action, id: old?.id ?? control.deps.ids.guid() }
  })
}

/** The scheduled actions of a policy as Graph shows them: one rule. */
export const scheduledActionEntities = (policy: Policy): readonly Entity[] =>
  policy.kind === 'compliance'
    ? [
        {
          id: policy.id,
          ruleName: 'PasswordRequired',
          scheduledActionConfigurations: policy.scheduledActions.map((action) => ({
            id: action.id,
            actionType: action.actionType,
            gracePeriodHours: action.gracePeriodHours,
            notificationTemplateId: action.notificationTemplateId ?? NO_TEMPLATE,
            notificationMessageCCList: [],
          })),
        },
      ]
    : []
