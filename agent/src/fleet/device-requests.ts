import { type EnrolmentRequest, type RenewalRequest, requestText } from '@muster/shared/contracts'
import { createCsr, importDeviceKey, signWithDeviceKey } from '@muster/shared/pki'
import type { Effect } from '../domain/index.ts'
import type { FleetOptions } from './fleet.ts'
import type { Slot } from './slots.ts'

/** What a device asks to be managed with. `tokens`: secrets of enrolment tokens, by `platform/mode`. */
export async function enrolmentRequest(
  slot: Slot,
  { requestId, correlationId }: Extract<Effect, { type: 'enrol' }>,
  { generateKey, agentId }: Pick<FleetOptions, 'generateKey' | 'agentId'>,
  tokens: ReadonlyMap<string, string>,
): Promise<EnrolmentRequest> {
  const { state } = slot
  // The same request sent again is about the same key, and another one about another.
  if (slot.enrolmentRequestId !== requestId) slot.nextKey = undefined
  slot.enrolmentRequestId = requestId
  slot.nextKey ??= await generateKey()
  const imported = importDeviceKey(slot.nextKey)
  const csr = createCsr({ key: slot.nextKey, imported, subject: [{ type: 'CN', value: state.key }] })
  const request = {
    requestId,
    correlationId,
    token: tokens.get(`${state.platform}/${state.mode}`) ?? 'no-token-was-given',
    platform: state.platform,
    mode: state.mode,
    csr: Buffer.from(csr).toString('base64'),
    inventory: state.inventory,
    ...(state.userPrincipalName === undefined ? {} : { userPrincipalName: state.userPrincipalName }),
    ...(state.attributes ? { attributes: { ...state.attributes } } : {}),
  }
  return { ...request, proof: proofOf(imported, requestText('enrolment', agentId, request)) }
}

const proofOf = (key: Parameters<typeof signWithDeviceKey>[0], text: string): string =>
  Buffer.from(signWithDeviceKey(key, Buffer.from(text))).toString('base64')

/** What a device asks for a new certificate with, or nothing when it has none that it could prove itself by. */
export async function renewalRequest(
  slot: Slot,
  { requestId, correlationId, sequence }: Extract<Effect, { type: 'renew' }>,
  { generateKey, agentId }: Pick<FleetOptions, 'generateKey' | 'agentId'>,
): Promise<RenewalRequest | undefined> {
  const { key } = slot
  const { deviceId, certificate } = slot.state
  if (deviceId === undefined || !certificate || !key) return undefined
  slot.nextKey ??= await generateKey()
  const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: deviceId }] })
  const request = {
    requestId,
    correlationId,
    deviceId,
    certificateSerial: certificate.serialNumber,
    csr: Buffer.from(csr).toString('base64'),
    sequence,
  }
  return { ...request, proof: proofOf(key, requestText('renewal', agentId, request)) }
}
