/** Devices under management (the default), or those that the directory has a record of. */
export type DeviceSet = 'managed' | 'inDirectory'

/** Columns that Graph may filter and order devices by; moments are milliseconds since 1970, truths are 0 and 1. */
export type DeviceColumn =
  | 'id'
  | 'directoryId'
  | 'entraDeviceId'
  | 'userId'
  | 'deviceName'
  | 'operatingSystem'
  | 'osVersion'
  | 'manufacturer'
  | 'model'
  | 'serialNumber'
  | 'ownership'
  | 'mode'
  | 'platform'
  | 'software'
  | 'category'
  | 'managementState'
  | 'complianceState'
  | 'isManaged'
  | 'isCompliant'
  | 'isEncrypted'
  | 'isSupervised'
  | 'enrolledAtMs'
  | 'lastSyncAtMs'
  | 'certificateNotAfterMs'
  | 'totalStorageBytes'
  | 'freeStorageBytes'
  | 'physicalMemoryBytes'
  | 'scopeTags'
  | 'userPrincipalName'
  | 'userDisplayName'
  | 'userMail'

export type UserColumn =
  | 'id'
  | 'userPrincipalName'
  | 'displayName'
  | 'mail'
  | 'department'
  | 'jobTitle'
  | 'country'
  | 'preferredLanguage'
  | 'accountEnabled'
  | 'createdAtMs'

export type GroupColumn = 'id' | 'displayName' | 'description' | 'membershipRule' | 'processing' | 'createdAtMs'

export type SignInColumn =
  | 'id'
  | 'atMs'
  | 'kind'
  | 'correlationId'
  | 'userId'
  | 'userPrincipalName'
  | 'userDisplayName'
  | 'appId'
  | 'appDisplayName'
  | 'resourceId'
  | 'clientAppUsed'
  | 'ipAddress'
  | 'errorCode'
  | 'conditionalAccessStatus'

export type AuditColumn =
  | 'id'
  | 'atMs'
  | 'activityType'
  | 'operation'
  | 'result'
  | 'category'
  | 'componentName'
  | 'scopeTags'

/**
 * A filter over real columns; the Graph door compiles `$filter` to it. Texts are folded to lower case on both sides. There
 * are two answers: what compares with an absent value is false, and its negation true.
 */
export type RowFilter<C extends string> =
  | { readonly op: 'and' | 'or'; readonly of: readonly RowFilter<C>[] }
  | { readonly op: 'not'; readonly of: RowFilter<C> }
  | {
      readonly op: 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'startsWith' | 'endsWith' | 'contains'
      readonly column: C
      readonly value: string | number | null
    }
  | { readonly op: 'in'; readonly column: C; readonly values: readonly (string | number)[] }
  /** In one of these groups, or in a group within them. */
  | { readonly op: 'memberOf'; readonly groupIds: readonly string[] }

/** What a row is ordered by, its id last; absent values come first. */
export type RowKeys = readonly (string | number | null)[]

export interface RowQuery<C extends string> {
  readonly filter?: RowFilter<C>
  readonly orderBy: readonly { readonly column: C; readonly descending: boolean }[]
  readonly limit: number
  /** Rows to leave out at the beginning. */
  readonly skip?: number
  /** Keys of the row before: a page never repeats or skips a row that stood still. */
  readonly after?: RowKeys
}

export interface RowPage<T> {
  readonly rows: readonly { readonly row: T; readonly keys: RowKeys }[]
  readonly more: boolean
}

/** Rows of a table that Graph may filter and order. */
export interface Queryable<T, C extends string> {
  query(query: RowQuery<C>): Promise<RowPage<T>>
  count(filter?: RowFilter<C>): Promise<number>
}
