import {
  type DeviceFault,
  deviceFaultOf,
  formatDuration,
  type HttpFault,
  type ScenarioFault,
  type ServiceFault,
} from '@muster/shared/scenario'

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`

/** What goes wrong, in words for plan, events and report. */
export function faultText(fault: ScenarioFault): string {
  const lasts = fault.for > 0 ? ` for ${formatDuration(fault.for)}` : ''
  const onDevices = deviceFaultOf(fault)
  const what = onDevices ? `${cohortText(onDevices)} ${deviceText(onDevices)}` : whatOf(fault as ServiceFault)
  return `${what}${lasts}${fault.every === undefined ? '' : `, every ${formatDuration(fault.every)}`}`
}

function whatOf(fault: ServiceFault): string {
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
    case 'http':
      return `Graph at ${fault.path} ${httpText(fault)}`
    case 'throttling':
      return limitsText(fault.scale)
    case 'link':
      return `links of the workers with ${linkText(fault)}`
  }
}

/** Limits on how often Graph may be asked, in words. */
export const limitsText = (scale: number): string =>
  `Graph has its documented limits${scale === 1 ? '' : `, times ${scale}`}`

const cohortText = ({ in: part, share }: DeviceFault): string =>
  `${share < 1 ? `${percent(share)} of ` : ''}${part ?? 'all'}`

const identityTexts = {
  serial: 'show the serial number of another',
  hardware: 'show the hardware of another',
  'management-id': 'speak as the managed device that another is',
} as const

function deviceText(fault: DeviceFault): string {
  switch (fault.kind) {
    case 'device.crash':
      return 'die in the middle of their next policy'
    case 'device.partial-apply':
      return `fail in ${percent(fault.items)} of settings`
    case 'device.not-now':
      return 'put off remote actions'
    case 'device.stale-report':
      return 'send an old report again'
    case 'device.duplicate-identity':
      return identityTexts[fault.identity]
    case 'device.clock-skew':
      return `have clocks that are ${formatDuration(Math.abs(fault.by))} ${fault.by < 0 ? 'slow' : 'fast'}`
    case 'device.tamper':
      return 'are tampered with'
    case 'device.disk-full':
      return 'have a full disk'
    case 'device.flapping-link':
      return `come and go: ${formatDuration(fault.up)} up, ${formatDuration(fault.down)} down`
    case 'link':
      return `have links with ${linkText(fault)}`
  }
}

function httpText({ respond, latency }: HttpFault): string {
  const parts = [
    respond && `answers ${respond.share < 1 ? `${percent(respond.share)} of requests ` : ''}with ${respond.status}`,
    latency && `takes ${latencyText(latency)} longer`,
  ]
  return parts.filter(Boolean).join(' and ')
}

const latencyText = ({ min, max }: { readonly min: number; readonly max: number }): string =>
  min === max ? formatDuration(min) : `${formatDuration(min)} to ${formatDuration(max)}`

function linkText({ latency, loss, duplicate, reorder }: Extract<ScenarioFault, { kind: 'link' }>): string {
  const parts = [
    latency && `${latencyText(latency)} latency`,
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
