import type { Property } from '../model/entity-model.ts'
import { compileFilter } from '../odata/evaluate.ts'
import { parseFilter } from '../odata/filter.ts'
import { type Shape, typesOf } from '../odata/shape.ts'
import type { Column, Row } from './report-table.ts'

export type RowTest = (row: Row) => boolean

const primitives = {
  String: 'string',
  Int32: 'number',
  Int64: 'number',
  DateTime: 'dateTimeOffset',
  Boolean: 'boolean',
} as const

/** The filter of a report: OData over its columns, in any case. Codes may be written as text: `(OwnerType eq '1')`. */
export const parseReportFilter = (text: string, columns: readonly Column[]): RowTest =>
  compileFilter(parseFilter(text, shapeOf(columns), typesOf('beta')))

function shapeOf(columns: readonly Column[]): Shape {
  const properties = new Map(columns.map((column) => [column.name.toLowerCase(), propertyOf(column)]))
  return {
    name: 'report',
    allows: () => false,
    property: (name) => properties.get(name.toLowerCase()),
    propertyNames: columns.map(({ name }) => name),
  }
}

const propertyOf = ({ name, type }: Column): Property => ({
  name,
  type: { kind: 'primitive', name: primitives[type], edm: `Edm.${type}` },
  collection: false,
  nullable: true,
  navigation: false,
  readOnly: false,
})
