import { formatDuration } from '@muster/shared/scenario'
import { limitsText } from '../runner/fault-text.ts'
import type { Plan } from './plan.ts'
import { countText, type Range, rangeText } from './range.ts'

/** A plan as it is read in a terminal. */
export function planText(plan: Plan): string {
  const speed = plan.speed === undefined ? 'in a virtual world' : `${plan.speed} simulated seconds a second`
  const lines = [
    `${plan.name}: ${countText(plan.devices)} devices, ${countText(plan.users)} users, seed ${plan.seed}, ${speed}`,
    ...(plan.throttling === undefined ? [] : [limitsText(plan.throttling)]),
    ...populationLines(plan),
    ...phaseLines(plan),
    ...faultLines(plan),
    ...policyLines(plan),
    ...trafficLines(plan),
    ...(plan.warnings.length > 0 ? ['', 'WARNINGS', ...plan.warnings.map((warning) => `  ! ${warning}`)] : []),
  ]
  return `${lines.join('\n')}\n`
}

const name = (text: string): string => text.padEnd(24)
const duration = (range: Range): string => rangeText(range, formatDuration)

const populationLines = ({ population }: Plan): readonly string[] => [
  '',
  'POPULATION',
  ...population.map(
    (part) =>
      `  ${name(part.name)} ${countText(part.count).padStart(8)}  ${part.platform} by ${part.mode}, ${part.ownership}${part.behavior === undefined ? '' : `, ${part.behavior}`}`,
  ),
]

const phaseLines = ({ phases, simulatedMs, cost, mode }: Plan): readonly string[] => [
  '',
  'PHASES',
  ...phases.flatMap(({ name: phase, lasts, steps, during, fromMs, wallMs }) => [
    `  ${name(phase)} ${fromMs.most === 0 ? 'at the beginning' : `after ${duration(fromMs)}`}: ${lasts}${wallMs && wallMs.most > 0 ? ` (${duration(wallMs)} wall)` : ''}`,
    ...(steps.length > 0 ? [`  ${name('')} ${steps.join(', ')}`] : []),
    ...during.map((text) => `  ${name('')} meanwhile ${text}`),
  ]),
  `  in all ${duration(simulatedMs)} simulated, ${duration(cost.wallMs)} wall${mode === 'live' ? ', beside start and enrolment' : ''}`,
]

function faultLines({ faults }: Plan): readonly string[] {
  if (faults.length === 0) return []
  return [
    '',
    'FAULTS',
    ...faults.map(({ name: fault, at, what, times }) => {
      const often = times.most === 1 && times.least === 1 ? '' : `, ${rangeText(times)} times`
      return `  ${name(fault)} ${at}: ${what}${often}`
    }),
  ]
}

function policyLines({ policies }: Plan): readonly string[] {
  if (policies.length === 0) return []
  const count = (devices: number | undefined): string => (devices === undefined ? 'unknown' : countText(devices))
  return [
    '',
    'POLICIES',
    ...policies.map(({ id, type, platform, atFirst, inTheEnd, estimated }) => {
      const targets = atFirst === inTheEnd ? count(atFirst) : `${count(atFirst)}, in the end ${count(inTheEnd)}`
      return `  ${name(id)} ${platform} ${type} for ${targets} devices${estimated ? ' (estimated)' : ''}`
    }),
  ]
}

function trafficLines({ traffic, cost, workers, mode }: Plan): readonly string[] {
  const { checkIns, reports, messages, certificates, peak } = traffic
  const cores = `${rangeText(cost.cpuMs, formatDuration)} of CPU, ${countText(cost.memoryBytes / 1e6)} MB`
  return [
    '',
    'EXPECTED',
    `  ${name('check-ins')} ${rangeText(checkIns)}`,
    `  ${name('reports')} ${rangeText(reports)}`,
    `  ${name('messages')} ${rangeText(messages)}`,
    `  ${name('certificates')} ${countText(certificates.issued)} issued${certificates.renewed.most > 0 ? `, ${rangeText(certificates.renewed)} renewed` : ''}`,
    `  ${name('at the peak')} ${countText(peak.perSecond)} requests a second: ${peak.what}`,
    `  ${name('cost')} ${cores}${mode === 'live' ? ` in ${workers === 1 ? 'one worker' : `${workers} workers`}, service and broker` : ' in one process'}`,
  ]
}
