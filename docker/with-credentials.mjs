// @ts-check
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

/*
 * Runs a command with the first application of the Muster at hand in its environment, by the names that Microsoft's own
 * libraries look for: `with-credentials.mjs node script.mjs`. $MUSTER_ON names the connection.json.
 */

const [command, ...args] = process.argv.slice(2)
if (command === undefined) {
  process.stderr.write('with-credentials: say which command to run\n')
  process.exit(2)
}
const { tenantId, clientId, clientSecret } = JSON.parse(readFileSync(process.env['MUSTER_ON'] ?? '', 'utf8'))
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret },
})
/** @type {NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM']
for (const signal of signals) process.on(signal, () => child.kill(signal))
child.on('error', ({ message }) => {
  process.stderr.write(`with-credentials: ${command}: ${message}\n`)
  process.exit(127)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 1)))
