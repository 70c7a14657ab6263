import { z } from 'zod'

/**
 * What makes a message a device's own. A session is named after the service's key and the period that it is good for; its
 * key follows from that one and the key of the device's certificate, so that nobody else can make the code over the text.
 */
export const SessionId = z.string().regex(/^[0-9a-f]{8}-\d{1,6}$/, 'eight hexadecimal digits, a hyphen, a number')
export type SessionId = z.infer<typeof SessionId>

/** The session that agents shall speak in, with the service's public key: SubjectPublicKeyInfo, DER in Base64. */
export const SessionOffer = z.object({ id: SessionId, publicKey: z.string().regex(/^[A-Za-z0-9+/]{120,124}={0,2}$/) })
export type SessionOffer = z.infer<typeof SessionOffer>

/** HMAC-SHA-256 with the session's key, its first 132 bits, in Base64 for URLs. */
export const Mac = z.string().regex(/^[A-Za-z0-9_-]{22}$/, '22 digits of Base64 for URLs')

/** Counts what a device signs; each is greater than all before it. */
export const Sequence = z.number().int().positive()

/** In whose name, and how, a text is signed. */
export interface Signing {
  readonly agentId: string
  readonly session: string
  readonly certificateSerial: string
}

/** The text that a report is signed as: its JSON as it travels. */
export const reportText = ({ agentId, session, certificateSerial }: Signing, report: string): string =>
  `report\n${agentId}\n${session}\n${certificateSerial}\n${report}`

/** The text that a check-in is signed as. What may hold a line break stands last, so that no two have one text. */
export const checkInText = (
  { agentId, session, certificateSerial }: Signing,
  asked: {
    readonly deviceId: string
    readonly sequence: number
    readonly cause: string
    readonly sentAtMs: number
    readonly lastSeq: number
    readonly policySetDigest?: string | undefined
    readonly correlationId: string
  },
): string =>
  `check-in\n${agentId}\n${session}\n${certificateSerial}\n${asked.deviceId}\n${asked.sequence}\n${asked.cause}\n${asked.sentAtMs}\n${asked.lastSeq}\n${asked.policySetDigest ?? ''}\n${asked.correlationId}`

/** The text that a request for a certificate is signed as, with the key in force or, at enrolment, with the new one. */
export const requestText = (kind: 'enrolment' | 'renewal', agentId: string, request: object): string =>
  `${kind}\n${agentId}\n${canonical({ ...request, proof: undefined })}`

/** JSON with the names of each object in order: one text for equal values. */
export const canonical = (value: unknown): string => JSON.stringify(value, sorted)

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
