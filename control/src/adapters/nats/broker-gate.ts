import { createHash, randomBytes } from 'node:crypto'
import { agentJoinText, agentRenewalText } from '@muster/shared/contracts'
import { CodedError, DAY_MS, ok, unwrap } from '@muster/shared/core'
import { type CertificateAuthority, readCertificate, readCsr, verifyWithSpki } from '@muster/shared/pki'
import { type BrokerIdentity, isPublicNkey, type SystemConnection, verifyWithNkey } from '@muster/shared/runtime'
import type { BrokerGate } from '../../app/agents/broker-gate.ts'

const CERTIFICATE_MS = 30 * DAY_MS

const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64')
const seconds = (ms: number): number => Math.floor(ms / 1_000)

/**
 * The gate of a broker of Muster's own. `system` is a connection in its system account. Certificates of agents have names
 * that no device has: an agent may be called as a device is.
 */
export function openBrokerGate(options: {
  readonly identity: BrokerIdentity
  readonly authority: CertificateAuthority
  readonly system: SystemConnection
  readonly tenant: string
}): BrokerGate {
  const { identity, authority, system, tenant } = options
  const chain = authority.chain.map((der) => Buffer.from(der).toString('base64'))
  const told = (): Promise<void> =>
    system.tellAccounts().catch((error: unknown) => {
      // A broker that is away is told as soon as it is back.
      if (!(error instanceof CodedError)) throw error
    })
  return {
    newSecret: () => randomBytes(32).toString('base64url'),
    digestOf: (secret) => createHash('sha256').update(secret).digest('hex'),
    enrolment: (forTenant, issuedAtMs, expiresAtMs) =>
      identity.enrolment(forTenant, seconds(issuedAtMs), seconds(expiresAtMs)),
    provesJoin: (forTenant, join) =>
      isPublicNkey(join.userKey, 'user') &&
      readCsr(bytes(join.csr)).ok &&
      verifyWithNkey(join.userKey, Buffer.from(agentJoinText(forTenant, join)), bytes(join.proof)),
    provesRenewal: (forTenant, renewal, certificate) => {
      const [current, request] = [readCertificate(bytes(certificate)), readCsr(bytes(renewal.csr))]
      if (!current.ok || !request.ok) return false
      const { publicKeySpki } = current.value
      const text = Buffer.from(agentRenewalText(forTenant, renewal))
      return (
        Buffer.compare(publicKeySpki, request.value.publicKeySpki) === 0 &&
        verifyWithSpki(publicKeySpki, text, bytes(renewal.signature))
      )
    },
    certify: (agentId, csr, nowMs) => {
      const request = { deviceId: `agent.${agentId}`, tenant, nowMs, validityMs: CERTIFICATE_MS }
      const issued = authority.issueDeviceCertificate(bytes(csr), request)
      if (!issued.ok) return issued
      const { der, serialNumber, notAfterMs } = issued.value
      return ok({ certificate: Buffer.from(der).toString('base64'), chain, serialNumber, notAfterMs })
    },
    certified: (certificate) => {
      const { serialNumber, notAfterMs } = unwrap(readCertificate(bytes(certificate)))
      return { certificate, chain, serialNumber, notAfterMs }
    },
    token: ({ agentId, userKey, issuedAtMs, expiresAtMs }) =>
      identity.signAgent({ agentId, tenant, key: userKey, iat: seconds(issuedAtMs), exp: seconds(expiresAtMs) }),
    shutOut: async (users) => {
      const added = users.filter(({ userKey }) => identity.revoked[userKey] === undefined)
      if (added.length === 0) return
      identity.revoke(Object.fromEntries(added.map(({ userKey, atMs }) => [userKey, seconds(atMs)])))
      await told()
    },
    signingKeys: () => identity.signingKeys(),
    rollOver: async () => {
      identity.rollOver('agent')
      await told()
    },
    retire: async () => {
      identity.retire('agent')
      await told()
    },
  }
}
