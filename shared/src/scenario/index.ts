export { compareWithBaseline, type FormerRun } from './baseline.ts'
export { conditionContext } from './condition-context.ts'
export { formatDuration, parseDuration } from './duration.ts'
export type { Assertion, Threshold } from './expectation-schema.ts'
export type { ExpressionUse } from './expression-use.ts'
export * from './expressions.ts'
export {
  type DeviceFault,
  deviceFaultOf,
  type FaultKind,
  type HttpFault,
  type ScenarioFault,
  type ServiceFault,
  type ServiceFaultKind,
  type ThrottlingFault,
} from './fault-schema.ts'
export type { FleetCertificate, FleetDevice, RingView, RolloutState, RolloutView } from './fleet-view.ts'
export { checkHistory } from './history.ts'
export { scenarioJsonSchema } from './json-schema.ts'
export { countedOnce, type Measured, type Measurement, measuredOf } from './measured.ts'
export { type MetricName, meaninglessInVirtual, metricNames, metricOf } from './metrics.ts'
export { REPORT_FORMATS, type ReportFormat } from './outputs-schema.ts'
export { formatProblem, type Problem, parseScenario } from './parse.ts'
export { managedCount, PART_ATTRIBUTE, populationCounts, populationOf, userCount } from './population.ts'
export type { CheckExpression } from './references.ts'
export {
  canJudge,
  measuredText,
  meets,
  parseRequirement,
  type Requirement,
  statisticText,
  valueText,
} from './requirement.ts'
export type * from './run-result.ts'
export { type Chaos, Scenario, type ScenarioPhase, type ScenarioPolicy, type ScenarioStep } from './schema.ts'
export { judgeWindows, overlapsMeasurement, type Stretch } from './windows.ts'
