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

/** What is a secret wherever it stands, also in the text of an error: tokens, NATS seeds, private keys, passwords in URLs. */
const SECRET_TEXT: readonly RegExp[] = [
  /\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*/g,
  /\bS[OAUNCX][A-Z2-7]{56}\b/g,
  // To the end of the JSON string that it stands in.
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*/g,
  /(?<=:\/\/[^\s"@/:]{0,200}:)[^\s"@/\\]+(?=@)/g,
]
const CENSOR = '[redacted]'

const withoutSecrets = (line: string): string =>
  SECRET_TEXT.reduce((text, secret) => text.replace(secret, CENSOR), line)

/**
 * A logger that writes JSON lines to stderr (or `destination`) and leaves secrets out.
 * @param level pino's levels; `silent` for none
 */
export function createLogger(options: { name: string; level: string; destination?: DestinationStream }): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: CENSOR },
    hooks: { streamWrite: withoutSecrets },
  }
  return pino(settings, options.destination ?? pino.destination({ dest: 2, sync: true }))
}
