import { z } from 'zod'
import { Scenario } from './schema.ts'

/** What each part of a scenario is, for people who write one with an editor's help. */
const descriptions: Readonly<Record<keyof typeof Scenario.shape, string>> = {
  apiVersion: 'The version of the language.',
  kind: 'What the file is.',
  metadata: 'Name, description and tags.',
  seed: 'Every draw of the run derives from it.',
  clock: 'Live in real time times `speed`, or virtual; when simulated time begins.',
  limits: 'How long the whole run may take, wall time.',
  tenant: 'Users, groups, filters, enrolment restrictions and settings.',
  graph: 'How Graph serves while there are phases: with its documented limits, or without.',
  behaviors: 'Temperaments of devices, by name.',
  population: 'How many devices, of which kinds, and how fast they enrol.',
  workers: 'Agent processes; one for each 10,000 devices when absent.',
  policies: 'Compliance and configuration policies, in the names of Microsoft Graph.',
  chaos: 'Faults by chance, in a virtual world.',
  phases: 'One after another: steps, then a duration or a condition that is waited for.',
  faults: 'What goes wrong beside the phases, and when.',
  thresholds: 'What measured figures must be.',
  assertions: 'Conditions that must hold at a moment, or all the time.',
  outputs: 'What the run leaves behind: reports, how finely it is recorded, and what it is compared with.',
}

/** The language as a JSON Schema (draft 2020-12), for editors. What only the reader checks, such as names, is not in it. */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(Scenario, { io: 'input', target: 'draft-2020-12' })
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    { description: descriptions[name as keyof typeof descriptions], ...Object(property) },
  ])
  return {
    ...schema,
    $id: 'https://muster.dev/schema/scenario-v1.json',
    title: 'Muster scenario',
    properties: Object.fromEntries(properties),
  }
}
