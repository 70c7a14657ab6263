import { parseScenario, type Scenario } from '@muster/shared/scenario'
import { listAll } from '../src/client/graph.ts'
import type { MusterClient } from '../src/client/muster-client.ts'
import type { BaselineRun } from '../src/runner/judge-thresholds.ts'
import { performOn } from '../src/runner/perform.ts'
import type { PutDown } from '../src/runner/run.ts'
import type { Stage } from '../src/runner/stage.ts'

/** A scenario from its text, which must be right. */
export function scenarioOf(text: string): Scenario {
  const parsed = parseScenario(text, 'test.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.scenario
}

/** Perform a scenario to its verdict on a stage that is open. */
export const perform = (
  stage: Stage,
  scenario: Scenario,
  more: { readonly baseline?: BaselineRun; readonly before?: PutDown } = {},
) =>
  stage.perform(() =>
    performOn(
      stage,
      {
        scenario,
        file: 'test.yaml',
        runId: 'test',
        command: 'test',
        signal: new AbortController().signal,
        onNote: () => undefined,
        ...more,
      },
      { startedMs: Date.now(), nowMs: Date.now },
    ),
  )

type Entity = Readonly<Record<string, unknown>>

/** How each device stands as Graph tells it, by its serial number, without what is made anew each time. */
export async function standings(client: MusterClient): Promise<Readonly<Record<string, unknown>>> {
  const base = '/v1.0/deviceManagement/managedDevices'
  const devices = await listAll(client, `${base}?$top=1000`)
  const standing = async (device: Entity): Promise<[string, unknown]> => {
    const [compliance, configuration] = await Promise.all([
      listAll(client, `${base}/${device['id']}/deviceCompliancePolicyStates`),
      listAll(client, `${base}/${device['id']}/deviceConfigurationStates`),
    ])
    const states = (policies: readonly Entity[]) =>
      policies.map(({ displayName, state, settingStates }) => ({ displayName, state, settingStates }))
    const { serialNumber, deviceName, complianceState, managementState, osVersion, userPrincipalName } = device
    return [
      String(serialNumber),
      {
        ...{ deviceName, complianceState, managementState, osVersion, userPrincipalName },
        compliance: states(compliance).sort(byName),
        configuration: states(configuration).sort(byName),
      },
    ]
  }
  const all = await Promise.all(devices.map(standing))
  return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const byName = (a: { displayName?: unknown }, b: { displayName?: unknown }): number =>
  String(a.displayName) < String(b.displayName) ? -1 : 1
