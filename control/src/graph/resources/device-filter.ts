import { CodedError } from '@muster/shared/core'
import type { DeviceColumn, DeviceQuery, RowFilter } from '../../app/ports.ts'
import { type Expression, type Literal, parseODataFilter } from '../../domain/rules/index.ts'
import { orRefuse } from '../graph-request.ts'

/** Graph's property → column, for what can be filtered and ordered in the store. */
const columns: Readonly<Record<string, DeviceColumn>> = {
  id: 'id',
  devicename: 'deviceName',
  operatingsystem: 'operatingSystem',
  osversion: 'osVersion',
  compliancestate: 'complianceState',
  managementstate: 'managementState',
  manageddeviceownertype: 'ownership',
  userprincipalname: 'userPrincipalName',
  manufacturer: 'manufacturer',
  model: 'model',
  serialnumber: 'serialNumber',
  enrolleddatetime: 'enrolledAtMs',
  lastsyncdatetime: 'lastSyncAtMs',
  azureaddeviceid: 'entraDeviceId',
}

export function deviceColumn(property: string, option: '$filter' | '$orderby'): DeviceColumn {
  const column = columns[property.toLowerCase()]
  if (column) return column
  throw new CodedError('graph/bad-query', `${property} cannot be used in ${option} of managedDevices`, { at: option })
}

/** `$filter` of managed devices as a filter over columns. */
export const deviceFilter = (text: string): RowFilter => toRows(orRefuse(parseODataFilter(text)).expression)

function toRows(expression: Expression): RowFilter {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { op: expression.kind, of: expression.operands.map(toRows) }
    case 'not':
      return { op: 'not', of: toRows(expression.operand) }
    case 'in': {
      const column = deviceColumn(expression.property, '$filter')
      return {
        op: 'in',
        column,
        values: expression.values.map((value) => valueFor(column, value)).filter((value) => value !== null),
      }
    }
    case 'comparison': {
      const column = deviceColumn(expression.property, '$filter')
      if (expression.operator === 'match')
        throw new CodedError('graph/bad-query', 'there is no such operator', { at: '$filter' })
      return { op: expression.operator, column, value: valueFor(column, expression.value) }
    }
    default:
      throw new CodedError('graph/bad-query', 'any and all do not apply to managedDevices', { at: '$filter' })
  }
}

function valueFor(column: DeviceColumn, literal: Literal): string | number | null {
  if (literal.value === null) return null
  if (!column.endsWith('Ms')) return String(literal.value)
  const atMs = Date.parse(String(literal.value))
  if (Number.isNaN(atMs))
    throw new CodedError('graph/bad-query', 'expected a time such as 2026-11-24T08:00:00Z', { at: '$filter' })
  return atMs
}

/** `$orderby` of managed devices. */
export function deviceOrder(text: string | undefined): DeviceQuery['orderBy'] {
  if (text === undefined) return []
  return text.split(',').map((part) => {
    const [name = '', direction = 'asc'] = part.trim().split(/\s+/)
    return { column: deviceColumn(name, '$orderby'), descending: direction.toLowerCase() === 'desc' }
  })
}
