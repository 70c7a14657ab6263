import { AsyncLocalStorage } from 'node:async_hooks'
import type { Agent, AgentInvitation } from '../../app/agents/agent.ts'
import type { Store, Tables } from '../../app/ports.ts'
import type {
  Application,
  AppRoleAssignment,
  DirectoryRoleAssignment,
  PermissionGrant,
  ServicePrincipal,
} from '../../domain/applications.ts'
import type {
  AssignmentFilter,
  Device,
  DeviceCertificate,
  EnrolmentRestriction,
  Policy,
  RemoteAction,
} from '../../domain/model.ts'
import type { NotificationTemplate } from '../../domain/notification.ts'
import type { ChangeSubscription } from '../../domain/subscriptions/subscription.ts'
import { actions } from './actions.ts'
import { certificates } from './certificates.ts'
import { copyInto } from './copy.ts'
import { type Database, type OnBroken, openDatabase, openReader } from './database.ts'
import { deadLetters } from './dead-letters.ts'
import { devicePolicies } from './device-policies.ts'
import { devices } from './devices.ts'
import { groups, tokens, users } from './directory.ts'
import { directoryChanges } from './directory-changes.ts'
import { documents } from './documents.ts'
import { grants } from './grants.ts'
import { createHeldVisits, type HeldVisits } from './held-visits.ts'
import { apps, audit, complianceChanges, notifications, outbox, settings } from './journals.ts'
import { beginsLate } from './late-transaction.ts'
import { objects } from './objects.ts'
import { reports } from './reports.ts'
import { createRowCache, type RowCache } from './row-cache.ts'
import { signIns } from './sign-ins.ts'
import { createWriterQueue } from './writer-queue.ts'

/** The store, and what only SQLite can. */
export interface SqliteStore extends Store {
  /** Write all that is committed to a new file, private to its owner. Its schema is that of this version. */
  saveTo(path: string): Promise<void>
}

/**
 * The store in SQLite: one file at `path`, or `:memory:`. Writers take turns; readers of a file see what is committed and
 * wait for nobody. `onBroken` is told when the file can no longer be written: the caller's work fails as well. A store in
 * memory may begin with what the file `copyOf` has.
 * @throws CodedError `store/newer-version`, `store/disk-full`, `store/unusable`
 */
export function openSqliteStore(path: string, onBroken?: OnBroken, copyOf?: string): SqliteStore {
  const writer = openDatabase(path, onBroken, copyOf)
  const queue = createWriterQueue()
  const inMemory = path === ':memory:'
  const reader = inMemory ? writer : openReader(path)
  const inTransaction = new AsyncLocalStorage<true>()
  const caches: Caches = {
    devices: createRowCache(),
    certificates: createRowCache(),
    openActions: createRowCache(),
    groupsOf: createRowCache(MEMBERS_KNOWN_MAX),
    unreported: createRowCache(),
  }
  const transactions = beginsLate(writer)
  const visits = createHeldVisits(transactions.database, !inMemory)
  const writing = tablesOf(transactions.database, visits, caches)
  const rollBackAll = (): void => {
    transactions.rollBack()
    visits.rollBack()
    for (const cache of Object.values(caches)) cache.clear()
  }

  const transaction: Store['transaction'] = (work) =>
    queue.run(() =>
      inTransaction.run(true, async () => {
        transactions.begin()
        try {
          const value = await work(writing)
          visits.settle()
          transactions.commit()
          visits.commit()
          return value
        } catch (error) {
          rollBackAll()
          throw error
        }
      }),
    )

  const outer = outside(
    inMemory ? tablesOf(reader, visits) : tablesOf(reader),
    transaction,
    inMemory ? queue.run : (job) => job(),
  )
  return {
    ...outer,
    // A reader's pages are old as soon as anything is written, and these questions look through many: the writing connection
    // has them in memory, and answers between two transactions.
    devices: {
      ...outer.devices,
      query: (query) => queue.run(() => writing.devices.query(query)),
      count: (filter, among) => queue.run(() => writing.devices.count(filter, among)),
    },
    transaction: (work) => {
      if (inTransaction.getStore()) throw new Error('transactions are not nested')
      return transaction(work)
    },
    saveTo: (target) =>
      queue.run(async () => {
        visits.writeAll()
        copyInto(writer, target)
      }),
    close: async () => {
      await queue.idle()
      if (reader !== writer) reader.close()
      writer.close()
    },
  }
}

/** Members are devices and users. */
const MEMBERS_KNOWN_MAX = 40_000

/** What the writing connection need not read: all that a check-in without news asks for. */
interface Caches {
  readonly devices: RowCache<Device>
  readonly certificates: RowCache<readonly DeviceCertificate[]>
  readonly openActions: RowCache<readonly RemoteAction[]>
  readonly groupsOf: RowCache<readonly string[]>
  readonly unreported: RowCache<readonly string[]>
}

function tablesOf(database: Database, visits?: HeldVisits, caches?: Caches): Tables {
  return {
    devices: devices(database, visits, caches?.devices),
    devicePolicies: devicePolicies(database, visits, caches?.unreported),
    complianceChanges: complianceChanges(database),
    reports: reports(database),
    certificates: certificates(database, caches?.certificates),
    actions: actions(database, caches?.openActions),
    policies: documents<Policy>(database, 'policy'),
    filters: documents<AssignmentFilter>(database, 'assignment_filter'),
    restrictions: documents<EnrolmentRestriction>(database, 'enrolment_restriction'),
    users: users(database),
    groups: groups(database, caches?.groupsOf),
    directoryChanges: directoryChanges(database),
    tokens: tokens(database),
    apps: apps(database),
    audit: audit(database),
    signIns: signIns(database),
    notifications: notifications(database),
    templates: documents<NotificationTemplate>(database, 'notification_template'),
    settings: settings(database),
    outbox: outbox(database),
    objects: objects(database),
    applications: documents<Application>(database, 'application'),
    servicePrincipals: documents<ServicePrincipal>(database, 'service_principal'),
    appRoleAssignments: documents<AppRoleAssignment>(database, 'app_role_assignment'),
    permissionGrants: documents<PermissionGrant>(database, 'permission_grant'),
    directoryRoleAssignments: documents<DirectoryRoleAssignment>(database, 'directory_role_assignment'),
    grants: grants(database),
    subscriptions: documents<ChangeSubscription>(database, 'change_subscription'),
    deadLetters: deadLetters(database),
    agents: documents<Agent>(database, 'agent'),
    agentInvitations: documents<AgentInvitation>(database, 'agent_invitation'),
  }
}

/** Names of the table methods that change something. */
const WRITES = new Set(['put', 'delete', 'append', 'add', 'remove', 'use', 'sent', 'removeExpired', 'removeBeyond'])

/**
 * Tables as seen outside of transactions: reads go to the reader, a lone write is a transaction of its own. In memory there
 * is one connection, so reads take their turn as well and never see half of somebody's transaction.
 */
function outside(
  reading: Tables,
  transaction: Store['transaction'],
  toRead: <T>(job: () => Promise<T>) => Promise<T>,
): Tables {
  type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>
  const callIn = (tables: Tables, table: string, method: string, args: unknown[]): Promise<unknown> =>
    (tables as unknown as Record<string, Methods>)[table]?.[method]?.(...args) ?? Promise.resolve(undefined)
  const wrapped = Object.entries(reading).map(([table, methods]) => {
    const calls = Object.keys(methods).map((method) => [
      method,
      WRITES.has(method)
        ? (...args: unknown[]) => transaction((tables) => callIn(tables, table, method, args))
        : (...args: unknown[]) => toRead(() => callIn(reading, table, method, args)),
    ])
    return [table, Object.fromEntries(calls)]
  })
  return Object.fromEntries(wrapped) as Tables
}
