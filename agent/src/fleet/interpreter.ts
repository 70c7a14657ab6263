import { randomUUID } from 'node:crypto'
import type { EnrolmentRequest, RenewalRequest } from '@muster/shared/contracts'
import { createCsr, signWithDeviceKey } from '@muster/shared/pki'
import type { DeviceInput, Effect } from '../domain/index.ts'
import type { Counters } from './counters.ts'
import type { FleetOptions } from './fleet.ts'
import { createPolicyBodyCache } from './policy-bodies.ts'
import { createReportSender } from './report-sender.ts'
import { createRequestLanes } from './request-lanes.ts'
import type { Slot } from './slots.ts'

/** Performs what devices want, and feeds them what came of it. */
export interface Interpreter {
  perform(slot: Slot, effect: Effect): void
  /** Secrets of enrolment tokens, by `platform/mode`. */
  giveTokens(tokens: Readonly<Record<string, string>>): void
  /** Send nothing while the connection is down; keep what comes in. */
  hold(): void
  release(): void
  idle(): Promise<void>
}

export interface InterpreterOptions extends FleetOptions {
  readonly counters: Counters
  readonly feed: (slot: Slot, input: DeviceInput) => void
  readonly deviceById: (deviceId: string) => Slot | undefined
}

export function createInterpreter(options: InterpreterOptions): Interpreter {
  const { bus, tenant, clock, feed } = options
  const bodies = createPolicyBodyCache(bus, tenant)
  const tokens = new Map<string, string>()
  const lanes = createRequestLanes(options)
  const { failed } = lanes
  const reports = createReportSender(options)

  const startEnrolment = async (
    slot: Slot,
    { requestId, correlationId }: Extract<Effect, { type: 'enrol' }>,
  ): Promise<void> => {
    const { state } = slot
    // The same request sent again is about the same key.
    slot.nextKey ??= await options.generateKey()
    const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: state.key }] })
    const token = tokens.get(`${state.platform}/${state.mode}`)
    const request: EnrolmentRequest = {
      requestId,
      correlationId,
      token: token ?? 'no-token-was-given',
      platform: state.platform,
      mode: state.mode,
      csr: Buffer.from(csr).toString('base64'),
      inventory: state.inventory,
      ...(state.userPrincipalName === undefined ? {} : { userPrincipalName: state.userPrincipalName }),
      ...(state.attributes ? { attributes: { ...state.attributes } } : {}),
    }
    lanes.enrolments.add({ slot, request })
  }

  const startRenewal = async (
    slot: Slot,
    { requestId, correlationId }: Extract<Effect, { type: 'renew' }>,
  ): Promise<void> => {
    const { deviceId, certificate, key } =
      slot.state.deviceId === undefined ? { ...slot.state, key: undefined } : { ...slot.state, key: slot.key }
    if (deviceId === undefined || !certificate || !key) return
    slot.nextKey ??= await options.generateKey()
    const csr = createCsr({ key: slot.nextKey, subject: [{ type: 'CN', value: deviceId }] })
    const request: RenewalRequest = {
      requestId,
      correlationId,
      deviceId,
      certificateSerial: certificate.serialNumber,
      csr: Buffer.from(csr).toString('base64'),
      proof: Buffer.from(signWithDeviceKey(key, csr)).toString('base64'),
    }
    lanes.renewals.add({ slot, request })
  }

  const fetchBodies = (slot: Slot, sha256s: readonly string[]): void => {
    bodies
      .get(sha256s)
      .then(
        (found) => feed(slot, { type: 'bodies', nowMs: clock.nowMs(), bodies: found }),
        failed([{ slot, request: undefined }], 'check-in'),
      )
  }

  return {
    perform: (slot, effect) => {
      switch (effect.type) {
        case 'enrol':
          startEnrolment(slot, effect).catch(failed([{ slot, request: effect }], 'enrol'))
          return
        case 'renew':
          startRenewal(slot, effect).catch(failed([{ slot, request: effect }], 'renew'))
          return
        case 'check-in':
          lanes.checkIns.add({ slot, request: effect.checkIn })
          return
        case 'register':
          lanes.registrations.add({ slot, request: effect.registrations })
          return
        case 'report':
          reports.send(effect.report, effect.again)
          return
        case 'fetch-bodies':
          fetchBodies(slot, effect.sha256s)
          return
        case 'forget-key':
          delete slot.key
          delete slot.nextKey
      }
    },
    giveTokens: (secrets) => {
      for (const [name, secret] of Object.entries(secrets)) tokens.set(name, secret)
    },
    hold: () => {
      for (const lane of lanes.all) lane.hold()
      reports.hold()
    },
    release: () => {
      for (const lane of lanes.all) lane.release()
      reports.release()
    },
    idle: async () => {
      await Promise.all(lanes.all.map((lane) => lane.idle()))
      await reports.idle()
    },
  }
}

/** Names a start of the process: message ids of two starts never meet. */
export const newBoot = (): string => randomUUID().slice(0, 8)
