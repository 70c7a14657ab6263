import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { agentJoinText, agentRenewalText } from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import { createCsr, generateDeviceKeySync, signWithDeviceKey } from '@muster/shared/pki'
import { createNkey, openBrokerIdentity } from '@muster/shared/runtime'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Office, openOffice } from '../../../test-support/office.ts'
import { openBrokerGate } from '../../adapters/nats/broker-gate.ts'
import { type AdmissionDeps, inviteAgent, joinAgent, renewAgent, revokeAgent } from './admit-agents.ts'

const TENANT = 'contoso'
const AGENT = 'worker-1'

let dir: string
let office: Office
let deps: AdmissionDeps
beforeEach(async () => {
  dir = mkdtempSync(joinPath(tmpdir(), 'muster-admission-'))
  office = await openOffice()
  const { authority, store, clock } = office
  const system = { tellAccounts: async () => undefined, close: async () => undefined }
  const gate = openBrokerGate({ identity: openBrokerIdentity(dir), authority, system, tenant: TENANT })
  deps = { store, gate, wall: clock, tenant: TENANT, isAlive: () => false }
})
afterEach(async () => {
  await office[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
})

/** A process with its two keys. */
function newcomer() {
  const [user, key] = [createNkey('user'), generateDeviceKeySync()]
  const csr = Buffer.from(createCsr({ key, subject: [{ type: 'CN', value: AGENT }] })).toString('base64')
  return {
    joins: (secret: string, agentId = AGENT) => {
      const asked = { secret, agentId, userKey: user.publicKey, csr }
      const proof = Buffer.from(user.sign(Buffer.from(agentJoinText(TENANT, asked)))).toString('base64')
      return { v: 1 as const, ...asked, proof }
    },
    renews: (serialNumber: string) => {
      const asked = { agentId: AGENT, userKey: user.publicKey, serialNumber, csr }
      const signature = Buffer.from(signWithDeviceKey(key, Buffer.from(agentRenewalText(TENANT, asked))))
      return { v: 1 as const, ...asked, signature: signature.toString('base64') }
    },
  }
}

const invitation = async (readmit = false): Promise<string> =>
  (await inviteAgent(deps, { agentId: AGENT, readmit })).secret
const stored = () => office.store.agents.get(AGENT)

async function granted(reply: ReturnType<typeof joinAgent>) {
  const answer = await reply
  if (answer.outcome !== 'granted') throw new Error(answer.code)
  return answer.credential
}

it('a request to join that is sent again is answered as before, and nothing is done twice', async () => {
  const [one, secret] = [newcomer(), await invitation()]
  const first = await granted(joinAgent(deps, one.joins(secret)))
  const before = await stored()
  office.clock.advance(60_000)
  expect(await granted(joinAgent(deps, one.joins(secret)))).toEqual(first)
  expect(await stored()).toEqual(before)
})

it('an invitation is for who took it, and for nobody else, nor for them once another has the name', async () => {
  const [one, two, secret] = [newcomer(), newcomer(), await invitation()]
  await granted(joinAgent(deps, one.joins(secret)))
  expect(await joinAgent(deps, two.joins(secret))).toMatchObject({ code: 'credential/bad-invitation' })
  const theirs = await granted(joinAgent(deps, two.joins(await invitation())))
  expect(await joinAgent(deps, one.joins(secret))).toMatchObject({ code: 'credential/bad-invitation' })
  expect(await stored()).toMatchObject({ serialNumber: theirs.serialNumber })
})

it('a request to join of which anything was changed proves nothing', async () => {
  const secret = (await inviteAgent(deps, { readmit: false })).secret
  const asked = newcomer().joins(secret)
  for (const changed of [{ agentId: 'worker-2' }, { secret: `${secret}x` }, { csr: newcomer().joins(secret).csr }])
    expect(await joinAgent(deps, { ...asked, ...changed })).toMatchObject({ code: 'credential/bad-proof' })
  expect(await granted(joinAgent(deps, asked))).toMatchObject({ issuedAtMs: office.clock.nowMs() })
})

it('who was readmitted and is revoked once more does not come in by the same invitation', async () => {
  const one = newcomer()
  await granted(joinAgent(deps, one.joins(await invitation())))
  await revokeAgent(deps, AGENT)
  const again = newcomer()
  const secret = await invitation(true)
  await granted(joinAgent(deps, again.joins(secret)))
  await revokeAgent(deps, AGENT)
  expect(await joinAgent(deps, again.joins(secret))).toMatchObject({ code: 'credential/revoked' })
  expect((await stored())?.revokedAtMs).toBeDefined()
})

it('a renewal whose answer was lost is answered again; what was before that is over', async () => {
  const one = newcomer()
  const first = await granted(joinAgent(deps, one.joins(await invitation())))
  office.clock.advance(HOUR_MS)
  const second = await granted(renewAgent(deps, one.renews(first.serialNumber)))
  expect(second.serialNumber).not.toBe(first.serialNumber)
  office.clock.advance(HOUR_MS)
  expect(await granted(renewAgent(deps, one.renews(first.serialNumber)))).toEqual(second)
  office.clock.advance(DAY_MS)
  await granted(renewAgent(deps, one.renews(second.serialNumber)))
  expect(await renewAgent(deps, one.renews(first.serialNumber))).toMatchObject({ code: 'credential/bad-proof' })
})
