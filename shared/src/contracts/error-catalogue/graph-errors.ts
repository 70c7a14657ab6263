import type { ErrorEntry } from './error-entry.ts'

/** Graph, and the HTTPS door that it is behind. */
export const graphErrors = {
  'graph/bad-body': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'The body of a request is not what was expected.',
  },
  'graph/bad-query': { status: 400, graph: 'BadRequest', exit: 1, meaning: 'A query option cannot be used like this.' },
  'graph/changed-meanwhile': {
    status: 412,
    graph: 'PreconditionFailed',
    exit: 1,
    meaning: 'The entity is not what the client says that it has seen.',
  },
  'graph/delta-expired': {
    status: 410,
    graph: 'syncStateNotFound',
    exit: 1,
    meaning: 'What has changed since a delta token is not known any more: begin anew.',
  },
  'graph/failed-dependency': {
    status: 424,
    graph: 'FailedDependency',
    exit: 1,
    meaning: 'A request of a batch was not made, because one that it depends on failed.',
  },
  'graph/unsupported-query': {
    status: 400,
    graph: 'Request_UnsupportedQuery',
    exit: 1,
    meaning: 'The directory serves such a query only to who accepts that its index lags behind.',
  },
  'graph/duplicate': {
    status: 400,
    graph: 'Request_MultipleObjectsWithSameKeyValue',
    exit: 1,
    meaning: 'An object with the same key is there already.',
  },
  'graph/in-use': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'What was to be deleted is needed by something else.',
  },
  'graph/quota': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A tenant may not have more of this.',
  },
  'graph/forbidden': {
    status: 403,
    graph: 'Authorization_RequestDenied',
    exit: 1,
    meaning: 'The application lacks the role that the request needs.',
  },
  'graph/not-permitted': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'No role of the user in Intune allows what is asked for, or not with this object.',
  },
  'graph/internal': {
    status: 500,
    graph: 'InternalServerError',
    exit: 1,
    meaning: 'The service failed; its log says how.',
  },
  'graph/not-found': { status: 404, graph: 'ResourceNotFound', exit: 1, meaning: 'There is nothing at this path.' },
  'graph/not-served': { status: 501, graph: 'NotImplemented', exit: 1, meaning: 'The path is not served by Muster.' },
  'graph/wrong-method': {
    status: 405,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'The path is served, but not with this method.',
  },
  'graph/me-without-user': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: '`/me` is asked for with a token that is not for a user.',
  },
  'graph/throttled': {
    status: 429,
    graph: 'TooManyRequests',
    exit: 1,
    meaning: 'More requests came than the limits of the service allow.',
  },
  'graph/bad-subscription': {
    status: 400,
    graph: 'InvalidRequest',
    exit: 1,
    meaning: 'A subscription asks for what nobody can be told of, or at an address that cannot be called.',
  },
  'graph/subscription-too-long': {
    status: 400,
    graph: 'ExtensionError',
    exit: 1,
    meaning: 'A subscription is to end in the past, or later than it may.',
  },
  'graph/too-many-subscriptions': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'An application, or the tenant, has as many subscriptions as it may have.',
  },
  'graph/receiver-not-validated': {
    status: 400,
    graph: 'ValidationError',
    exit: 1,
    meaning: 'The receiver of notifications did not give the validation token back.',
  },
  'graph/bad-skiptoken': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A skip token does not belong to the query.',
  },

  'http/port-forbidden': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The port of the HTTPS door is one that only the administrator of the machine may take.',
  },
  'http/port-taken': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The port of the HTTPS door is taken.',
  },
} as const satisfies Record<string, ErrorEntry>
