import { compareVersions, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import type { Platform } from '../../domain/platform.ts'
import { storageDrift } from '../storage-drift.ts'
import { perform } from './command.ts'
import { describe } from './describe.ts'
import { answer, applyField, removeField } from './policy.ts'
import { result } from './result.ts'

/** Android, by Android Management API policy. */
export const android: Platform = {
  name: 'android',
  cadence: {
    afterEnrolment: [
      { everyMs: 3 * MINUTE_MS, forMs: 15 * MINUTE_MS },
      { everyMs: 15 * MINUTE_MS, forMs: 2 * HOUR_MS },
    ],
    steadyMs: 8 * HOUR_MS,
  },
  drifts: [
    { fact: 'unknownSourcesAllowed', to: true, perDay: 0.004, heals: true },
    { fact: 'usbDebugging', to: true, perDay: 0.003, heals: true },
    { fact: 'passcodeSet', to: false, perDay: 0.001, heals: true },
    { fact: 'integrityVerdict', to: 'basic', perDay: 0.0005, heals: true },
    { fact: 'rooted', to: true, perDay: 0.00005, heals: false },
    storageDrift(0.03),
  ],
  describe,
  apply: (item, device, attempt) =>
    item.protocol === 'amapi'
      ? applyField(item, device, attempt)
      : { result: result(item, { nonComplianceReason: 'UNSUPPORTED' }) },
  evaluate: (item, device) =>
    item.protocol === 'amapi' ? answer(item, device) : result(item, { nonComplianceReason: 'UNSUPPORTED' }),
  perform,
  remove: removeField,
  updater: {
    perDay: 1 / 45,
    next: (os) =>
      compareVersions(os.securityPatch?.replaceAll('-', '.') ?? '0', '2026.11.01') < 0
        ? { ...os, securityPatch: '2026-11-01' }
        : undefined,
  },
}
