import type { ErrorEntry } from './error-entry.ts'

/** Scenarios, fleets, rules, and the simulation API. */
export const scenarioErrors = {
  'scenario/unreadable': { status: 400, graph: 'BadRequest', exit: 3, meaning: 'A scenario file cannot be read.' },
  'scenario/invalid': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A scenario does not follow its schema, or names what is not there.',
  },
  'scenario/fault-impossible': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A scenario wants a fault that cannot happen where it is run.',
  },

  'rule/syntax': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A rule or filter does not follow its grammar.',
  },
  'rule/unknown-property': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A rule names a property that is not there.',
  },
  'rule/operator-not-applicable': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A rule uses an operator or function that does not apply.',
  },
  'rule/mixed-members': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A membership rule asks about users and devices at once.',
  },
  'rule/too-long': { status: 400, graph: 'BadRequest', exit: 3, meaning: 'A rule has too many characters.' },
  'rule/too-complex': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A rule is nested too deeply, or its pattern could take too long.',
  },

  'simulation/http-fault': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 1,
    meaning: 'A fault of the scenario answered in place of Graph.',
  },
  'simulation/no-room': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'A worker has as many devices as it takes.',
  },
  'simulation/order-refused': { status: 409, graph: 'Conflict', exit: 1, meaning: 'A worker refuses an order.' },
  'simulation/agent-id-taken': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'Another process has joined under the same agent id.',
  },
  'simulation/worker-silent': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 4,
    meaning: 'A worker with devices has not been heard of for a moment; an order or a question to all would miss them.',
  },
  'simulation/not-enrolled': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'Devices of a population were not enrolled in time.',
  },
  'simulation/no-workers': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'No worker has joined, or they have no room for so many devices.',
  },

  'fleet/snapshot-damaged': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The file of a fleet cannot be read.',
  },
  'fleet/snapshot-newer': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The file of a fleet was written by a newer Muster.',
  },
} as const satisfies Record<string, ErrorEntry>
