import { type ErrorCode, errorCatalogue } from '@muster/shared/contracts'
import type { CodedError, EpochMs } from '@muster/shared/core'
import type { GraphAnswer } from '../graph-request.ts'

/** Microsoft's number of each refusal (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
const numbers = {
  'token/unknown-tenant': 90_002,
  'token/unknown-application': 700_016,
  'token/no-service-principal': 7_000_229,
  'token/application-disabled': 7_000_112,
  'token/bad-secret': 7_000_215,
  'token/secret-expired': 7_000_222,
  'token/no-credentials': 7_000_218,
  'token/public-client': 700_025,
  'token/bad-assertion': 700_027,
  'token/assertion-expired': 700_024,
  'token/assertion-replayed': 700_027,
  'token/unsupported-grant': 70_003,
  'token/missing-parameter': 900_144,
  'token/bad-request': 9_002_313,
  'token/bad-scope': 70_011,
  'token/unknown-resource': 500_011,
  'token/unknown-user': 50_034,
  'token/user-disabled': 50_057,
  'token/bad-password': 50_126,
  'token/access-blocked': 53_003,
  'token/device-not-compliant': 53_000,
  'token/device-not-joined': 53_001,
  'token/device-disabled': 135_011,
  'token/app-not-approved': 53_002,
  'token/second-factor-required': 50_076,
  'token/challenge-not-met': 50_158,
  'token/consent-required': 65_001,
  'token/interaction-required': 50_058,
  'token/bad-redirect': 50_011,
  'token/bad-grant': 70_000,
  'token/code-expired': 70_008,
  'token/code-used': 54_005,
  'token/bad-verifier': 501_481,
  'token/authorization-pending': 70_016,
  'token/authorization-declined': 70_018,
  'token/device-code-expired': 70_020,
  'token/bad-user-assertion': 50_013,
} as const satisfies Partial<Record<ErrorCode, number>>

/** Told once more in a word of its own, where clients look for one. */
const suberrors: Readonly<Partial<Record<ErrorCode, string>>> = {
  'token/access-blocked': 'message_only',
  'token/device-not-compliant': 'message_only',
  'token/device-not-joined': 'message_only',
  'token/device-disabled': 'message_only',
  'token/app-not-approved': 'message_only',
  'token/second-factor-required': 'basic_action',
  'token/challenge-not-met': 'additional_action',
  'token/consent-required': 'consent_required',
}

interface Occasion {
  readonly nowMs: EpochMs
  readonly correlationId: string
  readonly traceId: string
  readonly origin: string
}

/** The number of a refusal, or undefined when it is none of the token endpoints'. */
export const aadstsOf = (code: ErrorCode): number | undefined =>
  code in numbers ? numbers[code as keyof typeof numbers] : undefined

/** What OAuth calls a refusal (RFC 6749 §5.2). */
export const oauthErrorOf = (code: ErrorCode): string => errorCatalogue[code].graph

export function descriptionOf({ code, message }: CodedError, { nowMs, correlationId, traceId }: Occasion): string {
  return `AADSTS${aadstsOf(code)}: ${message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestampOf(nowMs)}`
}

/** A refusal as the token endpoints tell it. */
export function tokenRefusal(error: CodedError, occasion: Occasion): GraphAnswer {
  const { code } = error
  const number = aadstsOf(code)
  if (number === undefined) throw error
  const suberror = suberrors[code]
  return {
    status: errorCatalogue[code].status,
    body: {
      error: oauthErrorOf(code),
      error_description: descriptionOf(error, occasion),
      error_codes: [number],
      timestamp: timestampOf(occasion.nowMs),
      trace_id: occasion.traceId,
      correlation_id: occasion.correlationId,
      error_uri: `${occasion.origin}/error?code=${number}`,
      ...(suberror === undefined ? {} : { suberror }),
    },
    headers: { 'cache-control': 'no-store' },
  }
}

const timestampOf = (nowMs: EpochMs): string => `${new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ')}Z`
