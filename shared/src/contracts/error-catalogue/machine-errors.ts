import type { ErrorEntry } from './error-entry.ts'

/** This machine, the processes on it, what they store, and the command line. */
export const machineErrors = {
  'runtime/locked': {
    status: 500,
    graph: 'InternalServerError',
    exit: 4,
    meaning: 'Another process uses the same data directory.',
  },

  'stack/part-lost': {
    status: 500,
    graph: 'InternalServerError',
    exit: 14,
    meaning: 'A worker or the control service has ended in the middle of a run without being asked to.',
  },
  'stack/not-empty': {
    status: 409,
    graph: 'Conflict',
    exit: 3,
    meaning: 'A scenario is to be run on a Muster that has devices already: it could not tell them from its own.',
  },
  'stack/not-ours': {
    status: 400,
    graph: 'BadRequest',
    exit: 3,
    meaning: 'A scenario wants to break a Muster that it did not start.',
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
} as const satisfies Record<string, ErrorEntry>
