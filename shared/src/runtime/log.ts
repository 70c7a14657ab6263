import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

/** Fields whose values never reach a log, at the top and one level down. */
const SECRET_FIELDS = [
  'password',
  'secret',
  'token',
  'authorization',
  'challenge',
  'privateKey',
  'key',
  'client_secret',
  'access_token',
]

/**
 * A logger that writes JSON lines to stderr (or `destination`) and leaves secrets out.
 * @param level pino's levels; `silent` for none
 */
export function createLogger(options: { name: string; level: string; destination?: DestinationStream }): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
  }
  return pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true }))
}
