import { brokerErrors } from './error-catalogue/broker-errors.ts'
import { certificateErrors } from './error-catalogue/certificate-errors.ts'
import { deviceErrors } from './error-catalogue/device-errors.ts'
import { graphErrors } from './error-catalogue/graph-errors.ts'
import { machineErrors } from './error-catalogue/machine-errors.ts'
import { scenarioErrors } from './error-catalogue/scenario-errors.ts'
import { tokenErrors } from './error-catalogue/token-errors.ts'

/**
 * The closed catalogue of coded errors. The core names a code; each edge translates it. `docs/errors.md` is generated from
 * here and a test holds both together, each code to being raised somewhere, and none to standing here twice.
 */
export const errorCatalogue = {
  ...brokerErrors,
  ...deviceErrors,
  ...certificateErrors,
  ...machineErrors,
  ...scenarioErrors,
  ...graphErrors,
  ...tokenErrors,
} as const

export type ErrorCode = keyof typeof errorCatalogue
