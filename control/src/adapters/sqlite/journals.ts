import type {
  AppRegistrations,
  Audit,
  ComplianceChanges,
  Notifications,
  Outbox,
  OutboxMessage,
  Settings,
} from '../../app/ports.ts'
import type { AuditColumn } from '../../app/row-query.ts'
import type { ComplianceChange } from '../../domain/compliance-change.ts'
import type { AppRegistration, AuditEvent, TenantSettings } from '../../domain/model.ts'
import type { Notification } from '../../domain/notification.ts'
import type { Database } from './database.ts'
import { countRows, queryRows, type RowsFrom } from './row-query.ts'
import { bodies, type Columns, fold, LISTED, list, tagsColumn, upsertAll } from './rows.ts'

export function apps(database: Database): AppRegistrations {
  return {
    getMany: async (ids) =>
      bodies<AppRegistration>(database.all(`SELECT body FROM app_registration WHERE id IN ${LISTED}`, list(ids))),
    put: async (registrations) => {
      for (const app of registrations) {
        database.run(
          'INSERT OR REPLACE INTO app_registration (id, userId, body) VALUES (?, ?, ?)',
          app.id,
          app.userId,
          JSON.stringify(app),
        )
      }
    },
    list: async ({ userId, after, limit }) =>
      bodies<AppRegistration>(
        database.all(
          'SELECT body FROM app_registration WHERE id > ? AND (? IS NULL OR userId = ?) ORDER BY id LIMIT ?',
          after ?? '',
          userId ?? null,
          userId ?? null,
          limit,
        ),
      ),
    count: async () => Number(database.get('SELECT count(*) AS n FROM app_registration')?.['n'] ?? 0),
  }
}

const auditColumns: Columns<AuditEvent> = {
  id: (event) => event.id,
  atMs: (event) => event.atMs,
  activityType: (event) => fold(event.activityType),
  operation: (event) => fold(event.operation),
  result: (event) => fold(event.result),
  category: (event) => fold(event.category),
  componentName: (event) => fold(event.componentName),
  scopeTags: ({ scopeTagIds }) => tagsColumn(scopeTagIds),
}

const auditFrom: RowsFrom<AuditEvent, AuditColumn> = {
  from: 'audit_event',
  where: '1',
  select: 'body',
  read: bodies,
  columns: {
    id: { sql: 'id' },
    atMs: { sql: 'atMs' },
    activityType: { sql: 'activityType' },
    operation: { sql: 'operation' },
    result: { sql: 'result' },
    category: { sql: 'category' },
    componentName: { sql: 'componentName' },
    scopeTags: { sql: 'scopeTags' },
  },
}

const auditNames = [...Object.keys(auditColumns), 'body']
/** An event that is there already is a broken invariant, and rejects. */
const insertAudit = `INSERT INTO audit_event (${auditNames.join(', ')}) VALUES (${auditNames.map(() => '?').join(', ')})`

export function audit(database: Database): Audit {
  return {
    append: async (events) => upsertAll(database, insertAudit, auditColumns, events),
    query: async (query) => queryRows(database, auditFrom, query),
    count: async (filter) => countRows(database, auditFrom, filter),
    list: async ({ before, limit }) =>
      bodies<AuditEvent>(
        before
          ? database.all(
              'SELECT body FROM audit_event WHERE (atMs, id) < (?, ?) ORDER BY atMs DESC, id DESC LIMIT ?',
              before.atMs,
              before.id,
              limit,
            )
          : database.all('SELECT body FROM audit_event ORDER BY atMs DESC, id DESC LIMIT ?', limit),
      ),
    forCorrelations: async (correlationIds) =>
      bodies<AuditEvent>(
        database.all(
          `SELECT body FROM audit_event WHERE body ->> 'correlationId' IN ${LISTED} ORDER BY atMs, id`,
          list(correlationIds),
        ),
      ),
  }
}

export function complianceChanges(database: Database): ComplianceChanges {
  return {
    append: async (changes) => {
      for (const change of changes) {
        database.run(
          'INSERT INTO compliance_change (deviceId, atMs, body) VALUES (?, ?, ?)',
          change.deviceId,
          change.atMs,
          JSON.stringify(change),
        )
      }
    },
    forDevice: async (deviceId, limit) =>
      bodies<ComplianceChange>(
        database.all(
          'SELECT body FROM compliance_change WHERE deviceId = ? ORDER BY atMs DESC, rowid DESC LIMIT ?',
          deviceId,
          limit,
        ),
      ),
  }
}

export function notifications(database: Database): Notifications {
  return {
    append: async (entities) => {
      for (const note of entities) {
        database.run(
          'INSERT INTO notification (id, atMs, body) VALUES (?, ?, ?)',
          note.id,
          note.atMs,
          JSON.stringify(note),
        )
      }
    },
    list: async ({ limit }) =>
      bodies<Notification>(database.all('SELECT body FROM notification ORDER BY atMs DESC, id LIMIT ?', limit)),
    count: async () => Number(database.get('SELECT count(*) AS n FROM notification')?.['n'] ?? 0),
  }
}

/** Intune's defaults: a device without a policy is compliant, and 30 days of silence are allowed. */
const DEFAULTS: TenantSettings = { secureByDefault: false, deviceComplianceCheckinThresholdDays: 30 }

export function settings(database: Database): Settings {
  return {
    get: async () => bodies<TenantSettings>(database.all('SELECT body FROM tenant_settings'))[0] ?? DEFAULTS,
    put: async (value) => {
      database.run('INSERT OR REPLACE INTO tenant_settings (id, body) VALUES (1, ?)', JSON.stringify(value))
    },
  }
}

export function outbox(database: Database): Outbox {
  return {
    append: async (messages) => {
      for (const message of messages) database.run('INSERT INTO outbox (body) VALUES (?)', JSON.stringify(message))
    },
    oldest: async (limit) =>
      database.all('SELECT position, body FROM outbox ORDER BY position LIMIT ?', limit).map((row) => ({
        ...(JSON.parse(String(row['body'])) as OutboxMessage),
        position: Number(row['position']),
      })),
    sent: async (position) => {
      database.run('DELETE FROM outbox WHERE position <= ?', position)
    },
  }
}
