import { type EpochMs, SECOND_MS } from '@muster/shared/core'

/**
 * Limits on how often Graph may be asked, as Microsoft documents them for Intune and for the directory
 * (https://learn.microsoft.com/graph/throttling-limits): buckets that fill at an even rate.
 */
export interface Throttle {
  /** Switch on, with limits multiplied by `scale`, or off; buckets begin full. */
  set(scale: number | undefined): void
  /** Count a request, or say in how many seconds it may come again; headers tell of a limit that is near. */
  take(request: ThrottledRequest): { readonly headers: Headers; readonly retryAfterS?: number }
}

type Headers = Readonly<Record<string, string>>

export interface ThrottledRequest {
  readonly appId: string
  readonly method: string
  /** Below the version. */
  readonly path: string
}

interface Limit {
  readonly scope: 'Tenant' | 'Tenant_Application'
  readonly writesOnly: boolean
  readonly requests: number
  readonly perMs: number
}

const INTUNE_MS = 20 * SECOND_MS
const limit = (scope: Limit['scope'], writesOnly: boolean, requests: number, perMs = INTUNE_MS): Limit => ({
  scope,
  writesOnly,
  requests,
  perMs,
})

/** By what a path is about; the first that fits. */
const services: readonly { readonly name: string; readonly path: RegExp; readonly limits: readonly Limit[] }[] = [
  {
    name: 'IntuneDevices',
    path: /^\/deviceManagement\/(managedDevices|comanagedDevices)/i,
    limits: [
      limit('Tenant', true, 400),
      limit('Tenant_Application', true, 200),
      limit('Tenant', false, 4_000),
      limit('Tenant_Application', false, 2_000),
    ],
  },
  {
    name: 'IntuneReports',
    path: /^\/deviceManagement\/reports\/exportJobs/i,
    limits: [limit('Tenant', true, 100, 60 * SECOND_MS), limit('Tenant_Application', true, 48, 60 * SECOND_MS)],
  },
  {
    name: 'Intune',
    path: /^\/device(Management|AppManagement)(\/|$)/i,
    limits: [
      limit('Tenant', true, 200),
      limit('Tenant_Application', true, 100),
      limit('Tenant', false, 2_000),
      limit('Tenant_Application', false, 1_000),
    ],
  },
  {
    name: 'Identity',
    path: /./,
    limits: [
      limit('Tenant_Application', true, 3_000, 150 * SECOND_MS),
      limit('Tenant_Application', false, 3_500, 10 * SECOND_MS),
    ],
  },
]

/** A client is told of a limit when so much of it is used. */
const NEAR = 0.8

export function createThrottle(nowMs: () => EpochMs, scaleAtStart?: number): Throttle {
  let scale = scaleAtStart
  const buckets = new Map<string, { tokens: number; atMs: EpochMs }>()
  return {
    set: (wanted) => {
      scale = wanted
      buckets.clear()
    },
    take: ({ appId, method, path }) => {
      if (scale === undefined) return { headers: {} }
      const [now, service] = [nowMs(), services.find((each) => each.path.test(path))]
      const asked = (service?.limits ?? []).flatMap((each, index) => {
        if (each.writesOnly && method === 'GET') return []
        const size = Math.max(1, each.requests * (scale ?? 1))
        const perMs = size / each.perMs
        const key = `${service?.name} ${index} ${each.scope === 'Tenant' ? '' : appId}`
        const bucket = buckets.get(key) ?? { tokens: size, atMs: now }
        return [{ limit: each, key, size, perMs, tokens: Math.min(size, bucket.tokens + (now - bucket.atMs) * perMs) }]
      })
      const empty = asked.filter(({ tokens }) => tokens < 1)
      if (empty.length > 0) {
        const waitMs = Math.max(...empty.map(({ tokens, perMs }) => (1 - tokens) / perMs))
        return { headers: {}, retryAfterS: Math.max(1, Math.ceil(waitMs / SECOND_MS)) }
      }
      for (const { key, tokens } of asked) buckets.set(key, { tokens: tokens - 1, atMs: now })
      const used = asked.map(({ limit: each, size, tokens }) => ({ limit: each, share: 1 - (tokens - 1) / size }))
      const [nearest] = used.sort((one, other) => other.share - one.share)
      const isNear = nearest !== undefined && nearest.share >= NEAR
      return { headers: isNear ? nearing(nearest.share, nearest.limit, method, appId) : {} }
    },
  }
}

const nearing = (used: number, { scope }: Limit, method: string, appId: string): Headers => ({
  'x-ms-throttle-limit-percentage': Math.min(used, 1.8).toFixed(1),
  'x-ms-throttle-scope': `${scope}/${method === 'GET' ? 'Read' : 'ReadWrite'}/${appId}`,
  'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
})
