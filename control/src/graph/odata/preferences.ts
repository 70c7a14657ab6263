/** What a request's `Prefer` headers ask for (RFC 7240); what is unknown is passed over. */
export interface Preferences {
  readonly return?: 'minimal' | 'representation'
  readonly maxPageSize?: number
}

export function readPreferences(header: string | undefined): Preferences {
  const preferences: { return?: 'minimal' | 'representation'; maxPageSize?: number } = {}
  for (const part of (header ?? '').slice(0, 1_000).split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=').map((word) => word.trim().toLowerCase().replaceAll('"', ''))
    if (name === 'return' && (value === 'minimal' || value === 'representation')) preferences.return ??= value
    const size = Number(value)
    if (name === 'odata.maxpagesize' || name === 'maxpagesize')
      if (Number.isInteger(size) && size > 0) preferences.maxPageSize ??= size
  }
  return preferences
}
