// @ts-check
import { readFileSync } from 'node:fs'
import { get as getPlain } from 'node:http'
import { get as getEncrypted } from 'node:https'
import { join } from 'node:path'

/*
 * Whether the container is well: asks $MUSTER_HEALTH_URL, exit code 0 for an answer of 200. The certificate of the control
 * service is checked against the tenant's own authority. Without a dependency, since it runs every few seconds.
 */

const TIMEOUT_MS = 4_000
const url = process.env['MUSTER_HEALTH_URL'] ?? ''
const encrypted = url.startsWith('https:')
const ca = join(process.env['MUSTER_DATA'] ?? '', 'control', 'pki', 'root-ca.pem')

/** @param {string} text @returns {never} */
function unwell(text) {
  process.stderr.write(`${url}: ${text}\n`)
  process.exit(1)
}

try {
  const asked = encrypted
    ? getEncrypted(url, { ca: readFileSync(ca), timeout: TIMEOUT_MS })
    : getPlain(url, { timeout: TIMEOUT_MS })
  asked
    .on('response', ({ statusCode }) => (statusCode === 200 ? process.exit(0) : unwell(`answers ${statusCode}`)))
    .on('timeout', () => unwell('does not answer'))
    .on('error', ({ message }) => unwell(message))
} catch (error) {
  unwell(error instanceof Error ? error.message : String(error))
}
