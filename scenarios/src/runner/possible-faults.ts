import { CodedError } from '@muster/shared/core'
import { deviceFaultOf, type FaultKind, type Scenario } from '@muster/shared/scenario'

/** What real processes on one machine have no way to, and why. */
const notLive: Partial<Record<FaultKind, string>> = {
  'broker.partition': 'there is no network between processes of one machine that could be cut',
  link: 'there is no network between processes of one machine that could be slow or lossy; give it an `in` or a `share`, and it is about the links of those devices',
}

/**
 * Refuse a scenario that wants what its stage has no way to, before anything is started. `given`: a Muster that runs already.
 * @throws CodedError `scenario/fault-impossible`, `nats/not-ours`, `stack/not-ours`
 */
export function checkFaultsPossible({ clock, faults }: Scenario, env: NodeJS.ProcessEnv | 'given'): void {
  if (clock.mode === 'virtual') return
  for (const [index, fault] of faults.entries()) {
    const { kind } = fault
    const reason = deviceFaultOf(fault) ? undefined : notLive[kind]
    if (reason !== undefined)
      throw new CodedError(
        'scenario/fault-impossible',
        `faults.${index}: ${kind} cannot happen in a live run: ${reason}. Run it with --speed virtual, or with clock.mode virtual`,
      )
    if (env === 'given') {
      if (/^(broker|control)\./.test(kind))
        throw new CodedError('stack/not-ours', `faults.${index}: ${kind} is not done to a Muster that --on names`)
    } else if (kind.startsWith('broker.') && env['MUSTER_NATS_URL'])
      throw new CodedError(
        'nats/not-ours',
        `faults.${index}: ${kind} is not done to a broker that MUSTER_NATS_URL names`,
      )
  }
}
