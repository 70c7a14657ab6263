import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CodedError } from '@muster/shared/core'
import { childEnvironment } from '@muster/shared/runtime'

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Open a file with what the desktop has for it; where there is no desktop, nothing comes of it. @throws CodedError `report/unreadable` */
export function openInBrowser(path: string): void {
  if (!existsSync(path))
    throw new CodedError('report/unreadable', `there is no ${path}: make it with \`muster report render\``)
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  spawn(command, [...args, path], { detached: true, stdio: 'ignore', env: childEnvironment(process.env) })
    .on('error', () => undefined)
    .unref()
}
