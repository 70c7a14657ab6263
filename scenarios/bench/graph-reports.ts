import { performance } from 'node:perf_hooks'
import { encode, type Report, type SessionOffer, subjects } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import { AGENT, createSigner, type Device } from './graph-fleet.ts'

export const REPORTS_PER_SECOND = 1_000
export const TICK_MS = 20
/** Reports that one message has room for. */
const MESSAGE_MAX = 200
/** No number that divides it is a number of devices: reports come from all over the fleet. */
const STRIDE = 7_919

export interface Reporting {
  /** How many reports have been sent so far, a second. */
  perSecond(): number
  /** Devices say no more. */
  stop(): Promise<void>
}

/** Devices that report changed storage, one after the other, as an agent sends it: what is due in each tick in a message. */
export function startReporting(
  bus: Bus,
  tenant: string,
  devices: number,
  deviceAt: (index: number) => Device,
  offer: SessionOffer,
): Reporting {
  const sign = createSigner(tenant, offer)
  const startedMs = performance.now()
  let sent = 0
  let stopped = false
  const reportOf = (number: number): Report => {
    const device = deviceAt((number * STRIDE) % devices)
    const { inventory, certificateSerial: serialNumber, certificateNotAfterMs: notAfterMs } = device
    const seq = Math.floor(number / devices) + 1
    const posture = { ...inventory.posture, freeStorageBytes: seq * 4_096 }
    return {
      v: 1,
      deviceId: device.id,
      seq,
      observedAtMs: Date.now(),
      correlationId: `bench-${number}`,
      certificate: { serialNumber, notAfterMs, state: 'valid' },
      inventory: { ...inventory, posture },
    }
  }
  const report = async (): Promise<void> => {
    while (!stopped) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * REPORTS_PER_SECOND)
      while (sent < due && !stopped) {
        const reports = Array.from({ length: Math.min(due - sent, MESSAGE_MAX) }, (_, index) => {
          const report = reportOf(sent + index)
          return sign(report.certificate.serialNumber, JSON.stringify(report))
        })
        const payload = encode({ v: 1, agentId: AGENT, session: offer.id, reports })
        await bus.append(subjects.report(tenant, AGENT), payload, { msgId: `bench:${sent}` })
        sent += reports.length
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
  }
  const reporting = report()
  return {
    perSecond: () => sent / ((performance.now() - startedMs) / 1_000),
    stop: async () => {
      stopped = true
      await reporting
    },
  }
}
