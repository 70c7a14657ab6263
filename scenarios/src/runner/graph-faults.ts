import type { HttpFaultView, HttpFault as Ordered } from '@muster/shared/contracts'
import type { HttpFault } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'

/** Let Graph's answers go wrong; answers what ends it. */
export async function beginOnGraph(context: RunContext, fault: HttpFault): Promise<() => Promise<void>> {
  const { scenario, client } = context
  const index = scenario.faults.indexOf(fault)
  const path = `/_muster/http-faults/${fault.name ?? fault.kind}-${index}`
  await client.call('PUT', path, orderedOf(fault, `${scenario.seed}/http/${index}`))
  return async () => {
    const { requests, answered } = (await client.call('DELETE', path)) as HttpFaultView
    context.note('world', `of ${requests} requests to Graph ${answered} were answered with an error by order`)
  }
}

const orderedOf = ({ path, respond, latency }: HttpFault, seed: string): Ordered => ({
  seed,
  path,
  ...(respond
    ? {
        respond: {
          status: respond.status,
          share: respond.share,
          ...(respond.retryAfter === undefined ? {} : { retryAfterMs: respond.retryAfter }),
        },
      }
    : {}),
  ...(latency ? { latency: { minMs: latency.min, maxMs: latency.max } } : {}),
})
