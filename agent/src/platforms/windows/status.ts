/** SyncML status codes (OMA-SyncML-RepPro §10) as Windows gives them. */
export const status = {
  ok: 200,
  /** Accepted for processing: in force after a restart, an act of the user, or some time. */
  accepted: 202,
  badRequest: 400,
  notFound: 404,
  /** The node is there and does not know the verb. */
  notAllowed: 405,
  unsupportedFormat: 415,
  alreadyExists: 418,
  permissionDenied: 425,
  commandFailed: 500,
} as const
