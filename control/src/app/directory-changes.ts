import type { DirectoryChange, DirectoryKind } from '../domain/directory-change.ts'

/** What has changed in the directory, noted in the transaction that changed it; of each thing the last change. */
export interface DirectoryChanges {
  /** The sequence of the last change of all; 0 before the first. */
  latest(): Promise<number>
  /** Changes after a sequence, oldest first. */
  since(sequence: number, kinds: readonly DirectoryKind[], limit: number): Promise<readonly DirectoryChange[]>
}
