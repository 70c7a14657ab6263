import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** What is a secret by its look, whoever made it. */
const LOOKS: Readonly<Record<string, RegExp>> = {
  'a private key in PEM': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  // What every PKCS#8 of a P-256 key begins with.
  'a private key in Base64': /MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/,
  'a seed of NATS': /\bS[OAUNCX][A-Z2-7]{56}\b/,
  'a token': /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/,
  'a password in a URL': /\b[a-z][a-z+.-]*:\/\/[\w.%~-]*:[\w.%~!$&*+-]+@/,
}

/** Secrets that a test knows, by what they are for. */
export type Known = Readonly<Record<string, string>>

/** What secrets a text has: by their look, and those that are known, as they are or inside something that is in Base64. */
export function secretsIn(text: string, known: Known): string[] {
  const looking = Object.entries(LOOKS).filter(([, look]) => look.test(text))
  const telling = Object.entries(known).filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
  return [...looking, ...telling].map(([name]) => name)
}

/** A text, and what it is inside a Base64 text, by the place where it begins; without the ends, which its neighbours change. */
function formsOf(secret: string): string[] {
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + secret).toString('base64')
    return encoded.slice(before === 0 ? 0 : 4, Math.floor((before + secret.length) / 3) * 4)
  })
  return [secret, ...inside, encodeURIComponent(secret)]
}

export interface Found {
  /** Below the directory. */
  readonly path: string
  readonly mode: number
  readonly secrets: readonly string[]
}

/** Every file and directory below one, and what secrets the files have. What is compressed is looked into. */
export function everythingIn(dir: string, known: Known): Found[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const mode = statSync(path).mode & 0o777
    if (entry.isDirectory()) return [{ path: `${relative(dir, path)}/`, mode, secrets: [] }]
    const bytes = readFileSync(path)
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
    return [{ path: relative(dir, path), mode, secrets: secretsIn(text, known) }]
  })
}

/**
 * Of processes: what secrets stand in their command line and environment, by the name of the variable. What the environment
 * of the test itself has is the machine's.
 */
export function toldBy(pids: readonly number[], known: Known): string[] {
  return pids.flatMap((pid) =>
    ['cmdline', 'environ'].flatMap((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8')
        .split('\0')
        .filter((part) => file === 'cmdline' || !isInherited(part))
        .flatMap((part) => secretsIn(part, known).map((secret) => `${secret} in ${file} of ${pid}: ${nameOf(part)}`)),
    ),
  )
}

const nameOf = (part: string): string => part.split('=')[0] ?? ''
const isInherited = (part: string): boolean => process.env[nameOf(part)] === part.slice(nameOf(part).length + 1)
