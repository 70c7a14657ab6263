import type { ErrorEntry } from './error-entry.ts'

/** Certificates, requests for them, and keys. */
export const certificateErrors = {
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
} as const satisfies Record<string, ErrorEntry>
