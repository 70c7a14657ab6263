/** What a browser or program says of itself and of the system that it runs on. */
export interface UserAgent {
  /** As conditional access names platforms; absent where nothing is said. */
  readonly platform?: 'android' | 'iOS' | 'windows' | 'macOS' | 'linux'
  /** Name and version: `Edge 130`; empty for what is none. */
  readonly browser: string
}

const platforms = [
  ['iOS', /iPhone|iPad|iPod/],
  ['android', /Android/],
  ['windows', /Windows/],
  ['macOS', /Macintosh|Mac OS X|darwin/],
  ['linux', /Linux|X11/i],
] as const

/** Each of the later ones stands in what the earlier ones say as well. */
const browsers = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+).*Safari/],
] as const

export function readUserAgent(text: string): UserAgent {
  const platform = platforms.find(([, pattern]) => pattern.test(text))?.[0]
  for (const [name, pattern] of browsers) {
    const version = pattern.exec(text)?.[1]
    if (version !== undefined) return { ...(platform ? { platform } : {}), browser: `${name} ${version}` }
  }
  return { ...(platform ? { platform } : {}), browser: '' }
}
