import type { ErrorEntry } from './error-entry.ts'

/** The broker and what is said over it. */
export const brokerErrors = {
  'bus/closed': { status: 503, graph: 'ServiceUnavailable', exit: 1, meaning: 'The bus was closed before the call.' },
  'bus/disconnected': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 4,
    meaning: 'There is no connection to nats-server.',
  },
  'bus/refused': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 4,
    meaning: 'nats-server does not accept the credentials.',
  },
  'bus/no-responders': { status: 503, graph: 'ServiceUnavailable', exit: 4, meaning: 'Nobody serves the subject.' },
  'bus/timeout': { status: 504, graph: 'GatewayTimeout', exit: 1, meaning: 'No answer within the time allowed.' },
  'bus/stream-full': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 1,
    meaning: 'The stream has reached its size limit; publishers must wait.',
  },
  'bus/too-large': {
    status: 413,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A message is larger than nats-server carries.',
  },

  'credential/bad-invitation': {
    status: 403,
    graph: 'Forbidden',
    exit: 4,
    meaning: 'The invitation of an agent is used, over, or for another agent.',
  },
  'credential/bad-proof': {
    status: 403,
    graph: 'Forbidden',
    exit: 4,
    meaning: 'A request for credentials does not prove the keys that it is for.',
  },
  'credential/revoked': { status: 403, graph: 'Forbidden', exit: 4, meaning: 'The agent was revoked.' },
  'credential/unknown-agent': { status: 404, graph: 'NotFound', exit: 3, meaning: 'There is no such agent.' },
  'credential/not-invited': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'An agent has no credentials that are in force, and no invitation.',
  },

  'nats/port-taken': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The port for nats-server is taken.',
  },
  'nats/disk-full': {
    status: 507,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The disk that holds the store of nats-server is full.',
  },
  'nats/too-old': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'This version of nats-server is not let out of the machine.',
  },
  'nats/start-failed': { status: 500, graph: 'InternalServerError', exit: 4, meaning: 'nats-server does not start.' },
  'nats/bad-url': { status: 500, graph: 'InternalServerError', exit: 4, meaning: '`MUSTER_NATS_URL` is no address.' },
  'nats/not-ours': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A scenario wants to kill a nats-server that Muster did not start.',
  },
  'nats/not-found': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'There is no nats-server on this machine.',
  },

  'message/too-large': {
    status: 413,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A message is larger than its door reads.',
  },
  'message/too-deep': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'Lists and objects of a JSON text are in each other more often than a door reads.',
  },
  'message/not-json': { status: 400, graph: 'BadRequest', exit: 1, meaning: 'A payload is not JSON in UTF-8.' },
  'message/other-agent': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'A message names another agent than the subject it came on.',
  },
  'message/unprocessable': {
    status: 422,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A message has the right shape, and the service fails on it again and again.',
  },
  'message/invalid': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A message does not have the shape of its contract.',
  },

  'envelope/session-unknown': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'The session is over, or is one of another service: the agent speaks in the one that it was last offered.',
  },
  'envelope/bad-mac': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'The code over the message is not the one that the device would have made.',
  },
  'envelope/replayed': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning: 'The message was here before, or is older than one that was: its sequence is not new.',
  },

  'dlq/unknown': { status: 404, graph: 'ResourceNotFound', exit: 1, meaning: 'No dead letter has this id.' },
  'dlq/truncated': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning:
      'A message is not kept whole, because it was larger than its door reads or carries secrets: it cannot be replayed.',
  },
  'dlq/no-door': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning: 'A message came on a subject that the service does not listen to: it cannot be replayed.',
  },
} as const satisfies Record<string, ErrorEntry>
