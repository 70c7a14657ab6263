import type { MemberType } from '../domain/model.ts'

/** What the directory holds, and who is in a group; a member's id is `<group>/<member>`. */
export type DirectoryKind = 'user' | 'group' | 'device' | `${MemberType}Member`

/** The last change of something in the directory. */
export interface DirectoryChange {
  /** Grows with every change. */
  readonly sequence: number
  readonly kind: DirectoryKind
  readonly id: string
  readonly deleted: boolean
}

/** What has changed in the directory, noted in the transaction that changed it; of each thing the last change. */
export interface DirectoryChanges {
  /** The sequence of the last change of all; 0 before the first. */
  latest(): Promise<number>
  /** Changes after a sequence, oldest first. */
  since(sequence: number, kinds: readonly DirectoryKind[], limit: number): Promise<readonly DirectoryChange[]>
}
