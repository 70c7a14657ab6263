import type { ErrorEntry } from './error-entry.ts'

/** What devices are told, and what they are asked for. */
export const deviceErrors = {
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

  'checkin/answer-later': {
    status: 503,
    graph: 'ServiceUnavailable',
    exit: 1,
    meaning: 'The answers to a message of check-ins are larger than one message: the device asks again in a moment.',
  },
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
  'action/not-supported': {
    status: 400,
    graph: 'BadRequest',
    exit: 1,
    meaning: 'The platform or mode of the device has no such action.',
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
} as const satisfies Record<string, ErrorEntry>
