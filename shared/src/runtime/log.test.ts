import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { createLogger } from './log.ts'

const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const jwt = [{ alg: 'EdDSA' }, { sub: 'worker-1' }, 'signature']
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')
const seed = `SU${'A2'.repeat(28)}`
const secrets = { pem: String(pem), jwt, seed, password: 'hunter-two' }
const bodyOf = (text: string): string => text.split('\n')[1] ?? text

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = []
  write(createLogger({ name: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } }))
  return lines.join('')
}

it.each(Object.entries({ ...secrets, url: 'nats://service:hunter-two@127.0.0.1:4222' }))(
  'a %s is in no log, wherever it is put, and the line stays JSON',
  (name, text) => {
    const secret = name === 'url' ? 'hunter-two' : bodyOf(text)
    const places: object[] =
      name === 'password'
        ? [{ password: text }, { config: { password: text } }]
        : [{ note: text }, { a: { b: { c: `"${text}"` } } }, { err: new Error(`refused: "${text}"`) }]
    for (const place of places) {
      const line = logged((log) => log.error(place, name === 'password' ? 'said' : `said "${text}" to it`))
      expect(line).not.toContain(secret)
      expect(line).toContain('[redacted]')
      expect(JSON.parse(line)).toMatchObject({ name: 'test' })
    }
  },
)

it('what is no secret stays as it is', () => {
  const line = logged((log) =>
    log.info({ subject: 'v1.up.contoso.worker-1.rpt', url: 'nats://127.0.0.1:4222' }, 'said'),
  )
  expect(JSON.parse(line)).toMatchObject({
    subject: 'v1.up.contoso.worker-1.rpt',
    url: 'nats://127.0.0.1:4222',
    msg: 'said',
  })
})
