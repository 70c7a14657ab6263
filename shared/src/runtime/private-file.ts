import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** A file for its owner only, that is there whole or not at all. */
export interface PrivateFile {
  /** `undefined` when there is none. */
  read(): string | undefined
  write(text: string): void
}

export const privateFile = (path: string): PrivateFile => ({
  read: () => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return undefined
    }
  },
  write: (text) => {
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, `${text}\n`, { mode: 0o600 })
    renameSync(draft, path)
  },
})
