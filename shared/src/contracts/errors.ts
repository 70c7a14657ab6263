/**
 * The closed catalogue of coded errors. The core names a code; each edge translates it: `status` and `graph` are what the
 * HTTP door answers, `exit` is the process's exit code where the command line meets it. `docs/errors.md` is generated from
 * here and a test holds both together and each code to being raised somewhere.
 */
export const errorCatalogue = {
  // messaging
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

  // agents and the broker
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

  // the supervised nats-server, and what this machine lacks
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
  'runtime/locked': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'Another process uses the same data directory.',
  },

  // any message door
  'message/too-large': {
    status: 413,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A message is larger than its door reads.',
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

  // what a device signs
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

  // dead letters
  'dlq/unknown': { status: 404, graph: 'ResourceNotFound', exit: 1, meaning: 'No dead letter has this id.' },
  'dlq/truncated': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning: 'A message was larger than its door reads, and is not kept whole: it cannot be replayed.',
  },
  'dlq/no-door': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning: 'A message came on a subject that the service does not listen to: it cannot be replayed.',
  },

  // enrolment, as the device is told
  'enrolment/token-unknown': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'No enrolment token has this secret.',
  },
  'enrolment/token-mismatch': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The enrolment token is for another platform or mode.',
  },
  'enrolment/token-revoked': { status: 403, graph: 'Forbidden', exit: 1, meaning: 'The enrolment token was revoked.' },
  'enrolment/token-expired': { status: 403, graph: 'Forbidden', exit: 1, meaning: 'The enrolment token has expired.' },
  'enrolment/token-used-up': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The enrolment token has been used as often as it may be.',
  },
  'enrolment/platform-blocked': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'An enrolment restriction blocks the platform.',
  },
  'enrolment/personal-blocked': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'An enrolment restriction blocks personally owned devices.',
  },
  'enrolment/os-version': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The operating system version is outside the allowed range.',
  },
  'enrolment/manufacturer-blocked': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'An enrolment restriction blocks the manufacturer.',
  },
  'enrolment/mode-unknown': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'The platform has no such enrolment mode.',
  },
  'enrolment/user-unknown': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The mode needs a user, and no user has this name.',
  },
  'enrolment/user-disabled': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The account of the user is disabled.',
  },
  'enrolment/device-limit': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The user has as many devices as allowed.',
  },

  // renewal and app registration, as the device is told
  'enrolment/bad-proof': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'The request is not signed with the key that its CSR is for.',
  },
  'enrolment/replayed': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning:
      'The device had a certificate for this key before, by another request: a new enrolment is about a new key.',
  },
  'renewal/bad-proof': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'The renewal is not signed with the key of the certificate in force.',
  },
  'app/other-agent': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The app was registered through another agent.',
  },
  'app/user-unknown': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'No user of this name may use managed apps.',
  },

  // remote actions
  'action/daily-limit': {
    status: 429,
    graph: 'TooManyRequests',
    exit: 1,
    meaning: 'The tenant has requested the action as often as a day allows.',
  },
  'action/device-leaving': {
    status: 409,
    graph: 'Conflict',
    exit: 1,
    meaning: 'The device is being retired, wiped or deleted.',
  },

  // certificates and keys
  'pki/malformed': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'Bytes are not the DER or PEM of what they are said to be.',
  },
  'pki/too-large': {
    status: 413,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A certificate, request or PEM text is larger or nested deeper than is read.',
  },
  'pki/invalid-name': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A subject or alternative name is empty, too long, or of a form that is not handled.',
  },
  'pki/invalid-validity': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A validity period is empty, out of the calendar, or longer than its issuer allows.',
  },
  'pki/unsupported-key': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A key is not P-256 in its usual encoding.',
  },
  'pki/unsupported-algorithm': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A request is not signed with ECDSA and SHA-256.',
  },
  'pki/bad-signature': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'A certification request is not signed with the key that it is for.',
  },
  'pki/authority-mismatch': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The stored certificates and key of the authority do not belong together.',
  },
  'pki/authority-not-valid': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 4,
    meaning: 'The issuing authority has expired or is not valid yet.',
  },

  // check-in, as the device is told
  'checkin/unknown-device': { status: 404, graph: 'NotFound', exit: 1, meaning: 'No device has this id.' },
  'checkin/other-agent': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The device enrolled through another agent.',
  },
  'checkin/not-managed': {
    status: 410,
    graph: 'NotFound',
    exit: 1,
    meaning: 'The device was retired, wiped or deleted.',
  },
  'checkin/certificate-unknown': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'No certificate has the serial number shown.',
  },
  'checkin/certificate-foreign': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The certificate shown belongs to another device.',
  },
  'checkin/certificate-revoked': {
    status: 403,
    graph: 'Forbidden',
    exit: 1,
    meaning: 'The certificate shown was revoked.',
  },
  'checkin/certificate-expired': {
    status: 401,
    graph: 'Unauthorized',
    exit: 1,
    meaning: 'The certificate shown has expired.',
  },

  // the stack on this machine, and its clients
  'nats/not-found': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'There is no nats-server on this machine.',
  },
  'stack/part-lost': {
    status: 500,
    graph: 'InternalServerError',
    exit: 14,
    meaning: 'A worker or the control service has ended in the middle of a run without being asked to.',
  },
  'run/given-up': {
    status: 500,
    graph: 'InternalServerError',
    exit: 13,
    meaning: 'A threshold with `abortOnFail` failed while the run went on.',
  },
  'run/wall-limit': {
    status: 500,
    graph: 'InternalServerError',
    exit: 5,
    meaning: 'A run did not end within the wall limit of its scenario.',
  },
  'stack/start-failed': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'A part of the stack did not start.',
  },
  'stack/not-running': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'No Muster runs on this data directory.',
  },
  'client/refused': {
    status: 500,
    graph: 'InternalServerError',
    exit: 1,
    meaning: 'The service refused what a client asked for.',
  },
  'client/unreachable': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The service cannot be reached.',
  },

  // the command line
  'cli/usage': { status: 400, graph: 'BadRequest', exit: 2, meaning: 'A flag has a value that it does not take.' },
  'cli/file-exists': {
    status: 409,
    graph: 'Conflict',
    exit: 2,
    meaning: 'A file that a command would write is there already.',
  },
  'cli/unwritable': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'A directory for output cannot be made.',
  },
  'report/unreadable': {
    status: 404,
    graph: 'ResourceNotFound',
    exit: 2,
    meaning: 'A run that is asked for is not there, or what it left behind cannot be read.',
  },
  'scenario/unreadable': { status: 400, graph: 'BadRequest', exit: 3, meaning: 'A scenario file cannot be read.' },

  // scenarios
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

  'simulation/http-fault': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 1,
    meaning: 'A fault of the scenario answered in place of Graph.',
  },

  // the fleet
  'simulation/no-room': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'A worker has as many devices as it takes.',
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

  // snapshots
  'snapshot/bad-name': {
    status: 400,
    graph: 'BadRequest',
    exit: 2,
    meaning: 'The name of a snapshot is letters, digits, dots and hyphens, and begins with a letter or digit.',
  },
  'snapshot/exists': { status: 409, graph: 'Conflict', exit: 2, meaning: 'There is a snapshot of this name already.' },
  'snapshot/not-found': {
    status: 404,
    graph: 'ResourceNotFound',
    exit: 2,
    meaning: 'There is no snapshot of this name.',
  },
  'snapshot/damaged': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'A snapshot is not what was saved: a part is missing, or its digest is another.',
  },
  'snapshot/newer-version': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The snapshot was saved by a newer Muster.',
  },
  'snapshot/wrong-mode': {
    status: 400,
    graph: 'BadRequest',
    exit: 2,
    meaning: 'A snapshot of a virtual world is no data directory, and the other way round.',
  },
  'snapshot/scenario-differs': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'The scenario differs from that of the snapshot in what has been already.',
  },
  'snapshot/not-at-rest': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'Something is under way that a snapshot cannot hold.',
  },
  'snapshot/running': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'Parts of a Muster run on the data directory, and not the whole.',
  },
  'snapshot/not-reached': {
    status: 409,
    graph: 'Conflict',
    exit: 5,
    meaning: 'The phase after which the snapshot was to be taken did not end well.',
  },
  'policy/body-missing': {
    status: 500,
    graph: 'InternalServerError',
    exit: 1,
    meaning: 'A policy body is not where it should be.',
  },
  'policy/body-damaged': {
    status: 500,
    graph: 'InternalServerError',
    exit: 1,
    meaning: 'A policy body is not what its digest says.',
  },

  // rule languages
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

  // the simulation API
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
  'simulation/no-workers': {
    status: 409,
    graph: 'Conflict',
    exit: 4,
    meaning: 'No worker has joined, or they have no room for so many devices.',
  },

  // the store
  'store/newer-version': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The store was written by a newer Muster.',
  },
  'store/disk-full': {
    status: 507,
    graph: 'ServiceUnavailable',
    exit: 4,
    meaning: 'The disk that holds the store is full.',
  },
  'store/unusable': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'The store cannot be opened, read or written.',
  },

  // policies
  'policy/unknown-setting': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A policy names a setting that its platform does not have.',
  },
  'policy/bad-value': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A setting has a value that is not allowed.',
  },

  // Graph
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
  'action/not-supported': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'The platform or mode of the device has no such action.',
  },

  // tokens and the HTTPS door
  'token/invalid': {
    status: 401,
    graph: 'InvalidAuthenticationToken',
    exit: 1,
    meaning: 'The access token is missing, wrong or expired.',
  },
  'token/unknown-tenant': {
    status: 400,
    graph: 'invalid_request',
    exit: 1,
    meaning: 'The tenant in the address of a token endpoint is another one.',
  },
  'token/unknown-application': {
    status: 400,
    graph: 'unauthorized_client',
    exit: 1,
    meaning: 'No application has this client id.',
  },
  'token/no-service-principal': {
    status: 400,
    graph: 'unauthorized_client',
    exit: 1,
    meaning: 'The application is registered, but has no service principal in the tenant.',
  },
  'token/application-disabled': {
    status: 400,
    graph: 'unauthorized_client',
    exit: 1,
    meaning: 'The service principal of the application is disabled.',
  },
  'token/bad-secret': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'The client secret is wrong.',
  },
  'token/secret-expired': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'The client secret or certificate has expired.',
  },
  'token/no-credentials': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'The application has to show a secret or an assertion, and shows none.',
  },
  'token/public-client': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'An application that keeps no secret shows one.',
  },
  'token/bad-assertion': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'A client assertion is not signed with a key of the application, or is not for this service.',
  },
  'token/assertion-expired': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'A client assertion is not valid at this time.',
  },
  'token/assertion-replayed': {
    status: 401,
    graph: 'invalid_client',
    exit: 1,
    meaning: 'The id of a client assertion has been used before.',
  },
  'token/unsupported-grant': {
    status: 400,
    graph: 'unsupported_grant_type',
    exit: 1,
    meaning: 'The grant type is not served.',
  },
  'token/missing-parameter': {
    status: 400,
    graph: 'invalid_request',
    exit: 1,
    meaning: 'A token request lacks a parameter.',
  },
  'token/bad-request': {
    status: 400,
    graph: 'invalid_request',
    exit: 1,
    meaning: 'A request to an identity endpoint is malformed.',
  },
  'token/bad-scope': {
    status: 400,
    graph: 'invalid_scope',
    exit: 1,
    meaning: 'The scope of a token request is not one that can be asked for.',
  },
  'token/unknown-resource': {
    status: 400,
    graph: 'invalid_resource',
    exit: 1,
    meaning: 'No API of the tenant has this name.',
  },
  'token/unknown-user': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'The directory has no such user.',
  },
  'token/user-disabled': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'The account of the user who signs in is disabled.',
  },
  'token/bad-password': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'The password is wrong.',
  },
  'token/access-blocked': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'A conditional access policy blocks the sign-in.',
  },
  'token/device-not-compliant': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'A conditional access policy asks for a compliant device, and the sign-in comes from none.',
  },
  'token/device-not-joined': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'A conditional access policy asks for a device of the domain, and the sign-in comes from none.',
  },
  'token/device-disabled': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'The device that the sign-in comes from is disabled in the directory.',
  },
  'token/app-not-approved': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'A conditional access policy asks for an approved or protected app.',
  },
  'token/second-factor-required': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'A conditional access policy asks for more than a password.',
  },
  'token/challenge-not-met': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning:
      'A conditional access policy asks for something that Muster has no way to do: terms of use, another password.',
  },
  'token/consent-required': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'Nobody has consented that the application acts for the user.',
  },
  'token/interaction-required': {
    status: 400,
    graph: 'login_required',
    exit: 1,
    meaning: 'A sign-in without a page was asked for, and nobody is signed in.',
  },
  'token/bad-redirect': {
    status: 400,
    graph: 'invalid_request',
    exit: 1,
    meaning: 'The redirect address is not one of the application.',
  },
  'token/bad-grant': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'A code or refresh token is not one that was given to this application.',
  },
  'token/code-expired': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'An authorization code or refresh token has expired.',
  },
  'token/code-used': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'An authorization code is used a second time.',
  },
  'token/bad-verifier': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'The code verifier does not belong to the challenge.',
  },
  'token/authorization-pending': {
    status: 400,
    graph: 'authorization_pending',
    exit: 1,
    meaning: 'The device code waits for somebody to approve it.',
  },
  'token/authorization-declined': {
    status: 400,
    graph: 'authorization_declined',
    exit: 1,
    meaning: 'Somebody has declined the device code.',
  },
  'token/device-code-expired': {
    status: 400,
    graph: 'expired_token',
    exit: 1,
    meaning: 'The device code has expired.',
  },
  'token/bad-user-assertion': {
    status: 400,
    graph: 'invalid_grant',
    exit: 1,
    meaning: 'The token of a user that an application acts upon is not valid, or not for that application.',
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
} as const satisfies Record<string, { status: number; graph: string; exit: number; meaning: string }>

export type ErrorCode = keyof typeof errorCatalogue
