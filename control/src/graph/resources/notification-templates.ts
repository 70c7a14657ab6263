import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { Policy } from '../../domain/model.ts'
import type { LocalizedMessage, NotificationTemplate } from '../../domain/notification.ts'
import { SUBJECT_LENGTH_MAX } from '../../domain/notification-message.ts'
import { parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
} from '../graph-request.ts'
import { reaches } from '../roles/reach.ts'
import { eitherTags, shownTags, writtenTags } from '../roles/written-tags.ts'
import { statusesOf } from '../write-statuses.ts'
import { readWritten } from '../written.ts'
import { iso } from './managed-device.ts'

const SET = 'deviceManagement/notificationMessageTemplates'
const STATUSES = statusesOf(SET)
const MESSAGES = 'localizedNotificationMessages'
const READ = 'DeviceManagementServiceConfig.Read.All'
const WRITE = 'DeviceManagementServiceConfig.ReadWrite.All'

const TemplateShape = z.object({
  displayName: z.string().min(1).max(200),
  description: z.string().max(1_000).nullish(),
  brandingOptions: z
    .string()
    .regex(
      /^(none|include(CompanyLogo|CompanyName|ContactInformation|CompanyPortalLink|DeviceDetails)(,include(CompanyLogo|CompanyName|ContactInformation|CompanyPortalLink|DeviceDetails))*)$/,
      'must be none, or a list such as includeCompanyLogo,includeCompanyName',
    )
    .default('none'),
})
const MessageShape = z.object({
  locale: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as de-de'),
  subject: z.string().min(1).max(SUBJECT_LENGTH_MAX),
  messageTemplate: z.string().min(1).max(2_000),
  isDefault: z.boolean().default(false),
})

const templateEntity = (template: NotificationTemplate): Readonly<Record<string, unknown>> => ({
  id: template.id,
  displayName: template.displayName,
  description: template.description,
  defaultLocale: template.messages.find(({ isDefault }) => isDefault)?.locale ?? null,
  brandingOptions: template.brandingOptions,
  roleScopeTagIds: shownTags(template),
  lastModifiedDateTime: iso(template.modifiedAtMs),
})

const messageEntity = ({ modifiedAtMs, ...message }: LocalizedMessage): Readonly<Record<string, unknown>> => ({
  ...message,
  lastModifiedDateTime: iso(modifiedAtMs),
})

async function templateOf(
  { templates }: Pick<Tables, 'templates'>,
  { params }: GraphRequest,
): Promise<NotificationTemplate> {
  const id = params['id'] ?? ''
  return (await templates.get(id)) ?? notFound('notificationMessageTemplate', id)
}

/** Write one version of a template over another, with its audit event. */
async function write(
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  how: (tables: Tables) => Promise<{ readonly before?: NotificationTemplate; readonly after?: NotificationTemplate }>,
): Promise<void> {
  await request.control.deps.store.transaction(async (tables) => {
    const { before, after } = await how(tables)
    const subject = after ?? before
    if (!subject) throw new Error('no template was written')
    if (after) await tables.templates.put(after)
    else await tables.templates.delete(subject.id)
    const shown = (each: NotificationTemplate) => ({ ...templateEntity(each), [MESSAGES]: each.messages })
    await tables.audit.append([
      auditOf(
        request,
        {
          activityType: `${operation} NotificationMessageTemplate`,
          operation,
          category: 'Compliance',
          componentName: 'Compliance',
        },
        {
          id: subject.id,
          type: 'NotificationMessageTemplate',
          displayName: subject.displayName,
          scopeTagIds: eitherTags(before, after),
          modifiedProperties: modifiedProperties(before && shown(before), after && shown(after)),
        },
      ),
    ])
  })
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { ids, clock } = request.control.deps
  readWritten(request, 'notificationMessageTemplate', 'create')
  const { description, ...wanted } = parseBody(TemplateShape, request.body)
  const after: NotificationTemplate = {
    id: ids.guid(),
    ...writtenTags(request),
    ...wanted,
    description: description ?? '',
    messages: [],
    modifiedAtMs: clock.nowMs(),
  }
  await write(request, 'Create', async () => ({ after }))
  return entityAnswer(request, SET, templateEntity(after), STATUSES.create)
}

/** Change the template of the path; answers it as it is then. */
async function patch(
  request: GraphRequest,
  how: (before: NotificationTemplate) => Partial<NotificationTemplate>,
): Promise<NotificationTemplate> {
  const modifiedAtMs = request.control.deps.clock.nowMs()
  const versions: NotificationTemplate[] = []
  await write(request, 'Patch', async (tables) => {
    const before = await templateOf(tables, request)
    const after = { ...before, ...how(before), modifiedAtMs }
    versions.push(after)
    return { before, after }
  })
  return versions[0] as NotificationTemplate
}

const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  readWritten(request, 'notificationMessageTemplate', 'patch')
  const { description, ...given } = parseBody(TemplateShape.partial(), request.body)
  const named = Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(Object(request.body), name)))
  const after = await patch(request, (before) => ({
    ...named,
    scopeTagIds: undefined,
    ...writtenTags(request, before),
    ...(description === undefined ? {} : { description: description ?? '' }),
  }))
  return entityAnswer(request, SET, templateEntity(after))
}

/** Which policy uses a template, to those who may know of the policy. */
const nameOfUser = ({ reach }: GraphRequest, user: Policy): string =>
  reaches(reach, shownTags(user))
    ? `the template is used by the policy ${user.name}`
    : 'the template is used by a policy'

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await write(request, 'Delete', async (tables) => {
    const before = await templateOf(tables, request)
    const policies = await tables.policies.list()
    const user = policies.find(({ scheduledActions }) =>
      scheduledActions.some(({ notificationTemplateId }) => notificationTemplateId === before.id),
    )
    if (user) throw new CodedError('graph/in-use', nameOfUser(request, user))
    return { before }
  })
  return answer(STATUSES.remove)
}

/** The first message is the default one; another that says it is takes its place. Each locale stands once. */
function withMessage(messages: readonly LocalizedMessage[], message: LocalizedMessage): readonly LocalizedMessage[] {
  const others = messages.filter(({ id }) => id !== message.id)
  if (others.some(({ locale }) => locale.toLowerCase() === message.locale.toLowerCase()))
    throw new CodedError('graph/duplicate', `there is a message for ${message.locale} already`, { at: 'locale' })
  const isDefault = message.isDefault || !others.some((other) => other.isDefault)
  return [...others.map((other) => (isDefault ? { ...other, isDefault: false } : other)), { ...message, isDefault }]
}

const createMessage = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { ids, clock } = request.control.deps
  const message = { id: ids.guid(), ...parseBody(MessageShape, request.body), modifiedAtMs: clock.nowMs() }
  const { messages } = await patch(request, (before) => ({ messages: withMessage(before.messages, message) }))
  return entityAnswer(request, `${SET}/${MESSAGES}`, messageEntity(messages.at(-1) ?? message))
}

const messageOf = ({ messages }: NotificationTemplate, id = ''): LocalizedMessage =>
  messages.find((message) => message.id === id) ?? notFound('localizedNotificationMessage', id)

const updateMessage = async (request: GraphRequest): Promise<GraphAnswer> => {
  const given = parseBody(MessageShape.extend({ isDefault: z.boolean() }).partial(), request.body)
  const modifiedAtMs = request.control.deps.clock.nowMs()
  const { message } = request.params
  const after = await patch(request, (before) => {
    const old = messageOf(before, message)
    const changed: LocalizedMessage = {
      ...old,
      locale: given.locale ?? old.locale,
      subject: given.subject ?? old.subject,
      messageTemplate: given.messageTemplate ?? old.messageTemplate,
      isDefault: given.isDefault ?? old.isDefault,
      modifiedAtMs,
    }
    return { messages: withMessage(before.messages, changed) }
  })
  return entityAnswer(request, `${SET}/${MESSAGES}`, messageEntity(messageOf(after, message)))
}

const removeMessage = async (request: GraphRequest): Promise<GraphAnswer> => {
  await patch(request, (before) => {
    const gone = messageOf(before, request.params['message'])
    if (gone.isDefault && before.messages.length > 1)
      throw new CodedError('graph/in-use', 'the default message can be deleted only as the last one')
    return { messages: before.messages.filter(({ id }) => id !== gone.id) }
  })
  return answer(200)
}

const TEMPLATE = { type: 'notificationMessageTemplate' }

export const notificationTemplateRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `/${SET}`,
    role: READ,
    of: { ...TEMPLATE, many: true },
    handle: async (request) =>
      memoryPage(request, SET, (await request.control.deps.store.templates.list()).map(templateEntity)),
  },
  { method: 'POST', path: `/${SET}`, role: WRITE, handle: create },
  {
    method: 'GET',
    path: `/${SET}/{id}`,
    role: READ,
    of: TEMPLATE,
    handle: async (request) =>
      entityAnswer(request, SET, templateEntity(await templateOf(request.control.deps.store, request))),
  },
  { method: 'PATCH', path: `/${SET}/{id}`, role: WRITE, handle: update },
  { method: 'DELETE', path: `/${SET}/{id}`, role: WRITE, handle: remove },
  {
    method: 'GET',
    path: `/${SET}/{id}/${MESSAGES}`,
    role: READ,
    of: { type: 'localizedNotificationMessage', many: true },
    handle: async (request) => {
      const { messages } = await templateOf(request.control.deps.store, request)
      return memoryPage(request, `${SET}/${MESSAGES}`, messages.map(messageEntity))
    },
  },
  { method: 'POST', path: `/${SET}/{id}/${MESSAGES}`, role: WRITE, handle: createMessage },
  { method: 'PATCH', path: `/${SET}/{id}/${MESSAGES}/{message}`, role: WRITE, handle: updateMessage },
  { method: 'DELETE', path: `/${SET}/{id}/${MESSAGES}/{message}`, role: WRITE, handle: removeMessage },
]
