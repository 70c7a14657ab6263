// @ts-check
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Looks through every file of an image for secrets by how they look, and prints one line for each file that has one. It runs
 * in the image: `docker run -i --entrypoint node IMAGE --input-type=module - < find-secrets.mjs`.
 */

const looks = /** @type {const} */ ([
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\r?\n(?:[A-Za-z0-9+/=]{40,}\r?\n?)+/],
  ['a seed of NATS', /\bS[OAUNCX][A-Z2-7]{56}\b/],
  ['a token', /\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/],
  ['a login for a registry', /_(?:authToken|password|auth)\s*=\s*\S{8,}/],
  ['a client secret', /"clientSecret"\s*:\s*"[\w~.-]{16,}"/],
])

const passedOver = new Set(['/proc', '/sys', '/dev'])

/** @param {string} dir */
function look(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (passedOver.has(path)) continue
    const found = lstatSync(path)
    if (found.isDirectory()) look(path)
    else if (found.isFile()) {
      const text = readFileSync(path, 'latin1')
      for (const [what, pattern] of looks) if (pattern.test(text)) process.stdout.write(`${what} in ${path}\n`)
    }
  }
}

look('/')
