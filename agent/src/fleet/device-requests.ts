import type { EnrolmentRequest, RenewalRequest } from '@muster/shared/contracts'
import { createCsr, signWithDeviceKey } from '@muster/shared/pki'
import type { Effect } from '../domain/index.ts'
import type { FleetOptions } from './fleet.ts'
import type { Slot } from './slots.ts'

type GenerateKey = FleetOptions['generateKey']

/** What a device asks to be managed with. `tokens`: secrets of enrolment tokens, by `platform/mode`. */
export async function enrolmentRequest(
  slot: Slot,
  { requestId, correlationId }: Extract<Effect, { type: 'enrol' }>,
  generateKey: GenerateKey,
  tokens: ReadonlyMap<string, string>,
): Promise<EnrolmentRequest> {
  const { state } = slot
  // The same request sent again is about the same key.
  slot.nextKey ??= await generateKey()
  const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: state.key }] })
  return {
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
}

/** What a device asks for a new certificate with, or nothing when it has none that it could prove itself by. */
export async function renewalRequest(
  slot: Slot,
  { requestId, correlationId }: Extract<Effect, { type: 'renew' }>,
  generateKey: GenerateKey,
): Promise<RenewalRequest | undefined> {
  const { key } = slot
  const { deviceId, certificate } = slot.state
  if (deviceId === undefined || !certificate || !key) return undefined
  slot.nextKey ??= await generateKey()
  const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: deviceId }] })
  return {
    requestId,
    correlationId,
    deviceId,
    certificateSerial: certificate.serialNumber,
    csr: Buffer.from(csr).toString('base64'),
    proof: Buffer.from(signWithDeviceKey(key, csr)).toString('base64'),
  }
}
