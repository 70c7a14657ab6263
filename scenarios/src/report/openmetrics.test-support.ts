/** A sample line of OpenMetrics text, taken apart. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly atSeconds: number | undefined
}

export interface Family {
  readonly type: string
  readonly unit: string | undefined
  readonly help: string | undefined
  readonly samples: readonly Sample[]
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: ['_total', '_created'],
  summary: ['', '_count', '_sum', '_created'],
  info: ['_info'],
}

const LABELS = String.raw`(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")`
const LINE = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(${LABELS}(?:,${LABELS})*)\})? (NaN|[+-]Inf|[+-]?\d[\d.eE+-]*)(?: (\d+(?:\.\d+)?))?$`,
)

interface Reading {
  readonly families: Map<string, { type: string; unit?: string; help?: string; samples: Sample[] }>
  /** The last moment of each series. */
  readonly lastAt: Map<string, number | undefined>
  current: string
  lastSeries: string
}

/**
 * Read OpenMetrics text by the rules of its specification, 1.0: grammar of lines, metadata before samples and once, names and
 * units that belong together, families that are not interleaved, series whose moments grow, one `# EOF` and nothing after it.
 */
export function parseOpenMetrics(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n# EOF\n') || text.indexOf('\n# EOF') !== text.length - 7)
    throw new Error('does not end with # EOF')
  const reading: Reading = { families: new Map(), lastAt: new Map(), current: '', lastSeries: '' }
  for (const line of text.split('\n').slice(0, -2)) {
    const meta = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (meta) readMetadata(reading, line, meta.slice(1))
    else readSample(reading, line)
  }
  return reading.families as unknown as ReadonlyMap<string, Family>
}

function readMetadata(reading: Reading, line: string, [kind, name = '', rest = '']: readonly string[]): void {
  const { families } = reading
  if (kind === 'TYPE') {
    if (families.has(name) || !(rest in suffixes)) throw new Error(`a second or unknown TYPE: ${line}`)
    families.set(name, { type: rest, samples: [] })
    reading.current = name
  }
  const family = families.get(name)
  if (name !== reading.current || !family || family.samples.length > 0) throw new Error(`out of place: ${line}`)
  if (kind === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`the unit is not in the name: ${line}`)
  if (kind === 'UNIT') family.unit = rest
  if (kind === 'HELP') family.help = rest
}

function readSample(reading: Reading, line: string): void {
  const [, name = '', labelText = '', value = '', at] = LINE.exec(line) ?? []
  const family = reading.families.get(reading.current)
  if (name === '' || !family) throw new Error(`no sample: ${JSON.stringify(line)}`)
  if (!suffixes[family.type]?.some((suffix) => name === `${reading.current}${suffix}`))
    throw new Error(`${name} is not of the family ${reading.current}`)
  const atSeconds = at === undefined ? undefined : Number(at)
  checkOrder(reading, `${name}{${labelText}}`, atSeconds)
  const number = Number(value.replace('Inf', 'Infinity'))
  if (family.type === 'counter' && !(number >= 0)) throw new Error(`a counter below 0: ${line}`)
  family.samples.push({ name, labels: labelsOf(labelText), value: number, atSeconds })
}

function checkOrder(reading: Reading, series: string, atSeconds: number | undefined): void {
  const { lastAt, lastSeries } = reading
  if (lastAt.has(series)) {
    const before = lastAt.get(series)
    if (before === undefined || atSeconds === undefined || atSeconds <= before) throw new Error(`again: ${series}`)
    if (lastSeries !== series) throw new Error(`interleaved: ${series}`)
  }
  lastAt.set(series, atSeconds)
  reading.lastSeries = series
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g)].map(
    ([, name = '', value = '']) =>
      [name, value.replace(/\\(["\\n])/g, (_, char: string) => (char === 'n' ? '\n' : char))] as const,
  )
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) throw new Error(`a label twice: ${text}`)
  return Object.fromEntries(pairs)
}
