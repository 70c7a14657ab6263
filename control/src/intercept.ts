/** Hosts of Microsoft that clients have written into them, and that Muster can stand in for on this machine. */
export const INTERCEPTED_HOSTS: readonly string[] = [
  'graph.microsoft.com',
  'login.microsoftonline.com',
  'login.microsoft.com',
  'login.windows.net',
  'sts.windows.net',
  'api.manage.microsoft.com',
  'fef.msub01.manage.microsoft.com',
]

/** The service of any scale unit: `fef.amsub0102.manage.microsoft.com`. */
const SCALE_UNIT = /^fef\.[a-z0-9-]{1,40}\.manage\.microsoft\.com$/

/** Clients choose the name in their greeting, so that only so many get a certificate. */
const SCALE_UNITS_MAX = 64

/** Says whether a host is to be stood in for. */
export function createIntercepted(): (host: string) => boolean {
  const units = new Set<string>()
  return (host) => {
    const name = host.toLowerCase()
    if (INTERCEPTED_HOSTS.includes(name)) return true
    if (!SCALE_UNIT.test(name) || (units.size >= SCALE_UNITS_MAX && !units.has(name))) return false
    units.add(name)
    return true
  }
}
