import { formatDuration, type ScenarioFault } from '@muster/shared/scenario'

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`

/** What goes wrong, in words for plan, events and report. */
export function faultText(fault: ScenarioFault): string {
  const lasts = fault.for > 0 ? ` for ${formatDuration(fault.for)}` : ''
  return `${whatOf(fault)}${lasts}${fault.every === undefined ? '' : `, every ${formatDuration(fault.every)}`}`
}

function whatOf(fault: ScenarioFault): string {
  switch (fault.kind) {
    case 'broker.kill':
      return 'nats-server killed, down'
    case 'broker.pause':
      return 'nats-server hangs'
    case 'broker.partition':
      return fault.target === 'workers' ? 'workers cut from the broker' : 'control service cut from the broker'
    case 'control.pause':
      return 'control service hangs'
    case 'control.crash':
      return 'control service killed'
    case 'control.restart':
      return 'control service restarted'
    case 'link':
      return `links of the workers with ${linkText(fault)}`
  }
}

function linkText({ latency, loss, duplicate, reorder }: Extract<ScenarioFault, { kind: 'link' }>): string {
  const parts = [
    latency &&
      (latency.min === latency.max
        ? `${formatDuration(latency.min)} latency`
        : `${formatDuration(latency.min)} to ${formatDuration(latency.max)} latency`),
    loss > 0 && `${percent(loss)} loss`,
    duplicate > 0 && `${percent(duplicate)} doubled`,
    reorder > 0 && `${percent(reorder)} overtaken`,
  ]
  return parts.filter(Boolean).join(', ')
}

/** When it happens, in words. */
export const faultMoment = ({ at: { phase, afterMs } }: ScenarioFault): string =>
  phase === undefined
    ? `after ${formatDuration(afterMs)}`
    : afterMs === 0
      ? `when ${phase} begins`
      : `${phase} + ${formatDuration(afterMs)}`
