/** Which of the services behind Graph answers a path: each writes errors in its own way. */
export interface ErrorService {
  /** Name of the service in the addresses that its errors give. */
  readonly name?: string
  /** Codes of the catalogue that this service has another word for. */
  readonly codes: Readonly<Record<string, string>>
}

/** By the beginning of the path below the version; the last is for all others. */
const services: readonly (ErrorService & { readonly paths: RegExp })[] = [
  { paths: /^deviceManagement(\/|\(|$)/i, name: 'DeviceConfiguration_2610', codes: {} },
  { paths: /^deviceAppManagement(\/|\(|$)/i, name: 'StatelessAppMetadataFEService', codes: {} },
  // Told by the service that notifies.
  { paths: /^subscriptions(\/|\(|$)/i, codes: { BadRequest: 'InvalidRequest' } },
  // Whom a token is for is told before the directory is asked.
  { paths: /^me(\/|$)/i, codes: {} },
  { paths: /^/, codes: { BadRequest: 'Request_BadRequest', ResourceNotFound: 'Request_ResourceNotFound' } },
]

/** What Graph itself refuses before any service is asked. */
const gateway = new Set(['InvalidAuthenticationToken', 'NotImplemented', 'TooManyRequests', 'InternalServerError'])

/** The service that a path below the host is answered by; there is none for what is no path of Graph. */
export function errorServiceOf(url: string): ErrorService | undefined {
  const path = /^\/+(?:v1\.0|beta)\/+([^?]*)/i.exec(url)?.[1]
  if (path === undefined || /^\$batch\/?$/i.test(path)) return undefined
  return services.find(({ paths }) => paths.test(path))
}

/** An error's code and message as the service that is asked writes them. */
export function inWordsOf(
  service: ErrorService | undefined,
  { code, message, activityId }: { readonly code: string; readonly message: string; readonly activityId: string },
): { readonly code: string; readonly message: string } {
  if (!service || gateway.has(code)) return { code, message }
  const own = service.codes[code] ?? code
  return { code: own, message: service.name === undefined ? message : nested(service.name, message, activityId) }
}

/** Intune's messages are JSON in themselves, written over several lines. */
function nested(service: string, text: string, activityId: string): string {
  const ids = `Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: ${activityId}`
  const url = `https://fef.msub01.manage.microsoft.com/${service}/StatelessService?api-version=5025-11-01`
  const message = {
    _version: 3,
    Message: `${text} - ${ids} - Url: ${url}`,
    CustomApiErrorPhrase: '',
    RetryAfter: null,
    ErrorSourceService: '',
    HttpHeaders: '{}',
  }
  return JSON.stringify(message, null, 2).replaceAll('\n', '\r\n')
}
