import type { PropertyType } from './entity-model.ts'

type PrimitiveType = Extract<PropertyType, { kind: 'primitive' }>

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,12})?)?(Z|[+-]\d{2}:\d{2})?$/i
const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,12})?)?$/
const DURATION = /^-?P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

const text =
  (form: RegExp, further: (value: string) => boolean = () => true) =>
  (value: unknown): boolean =>
    typeof value === 'string' && form.test(value) && further(value)

const wholeNumber =
  (least: number, most: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most

/** OData 4.01 JSON format, §7.1: numbers that JSON has no word for are strings. */
const floating = (value: unknown): boolean =>
  typeof value === 'number' ? Number.isFinite(value) : value === 'INF' || value === '-INF' || value === 'NaN'

const accepts: Readonly<Record<string, (value: unknown) => boolean>> = {
  'Edm.String': (value) => typeof value === 'string',
  'Edm.Boolean': (value) => typeof value === 'boolean',
  'Edm.Byte': wholeNumber(0, 255),
  'Edm.Int32': wholeNumber(-(2 ** 31), 2 ** 31 - 1),
  'Edm.Int64': wholeNumber(-(2 ** 63), 2 ** 63),
  'Edm.Double': floating,
  'Edm.Single': floating,
  'Edm.DateTimeOffset': text(DATE_TIME, (value) => isDay(value.slice(0, 10)) && !Number.isNaN(Date.parse(value))),
  'Edm.Date': text(DATE, isDay),
  'Edm.TimeOfDay': text(TIME_OF_DAY),
  'Edm.Duration': text(DURATION),
  'Edm.Guid': text(GUID),
  'Edm.Binary': text(BASE64),
}

/** Whether a value can stand where a primitive type is declared; what streams and free JSON hold is anybody's. */
export function isOfPrimitive(type: PrimitiveType, value: unknown): boolean {
  return accepts[type.edm]?.(value) ?? true
}

/** Graph's own times end on the last day of the year 9999 and begin on the first of year 1. */
function isDay(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) && !date.startsWith('0000')
}

const unset: Readonly<Record<string, unknown>> = {
  'Edm.String': '',
  'Edm.Boolean': false,
  'Edm.DateTimeOffset': '0001-01-01T00:00:00Z',
  'Edm.Date': '0001-01-01',
  'Edm.TimeOfDay': '00:00:00.0000000',
  'Edm.Duration': 'PT0S',
  'Edm.Guid': '00000000-0000-0000-0000-000000000000',
  'Edm.Binary': '',
}

/** What Graph shows for a value that nobody has set, where `null` is not allowed. */
export const unsetPrimitive = (type: PrimitiveType): unknown => unset[type.edm] ?? (type.name === 'json' ? null : 0)
