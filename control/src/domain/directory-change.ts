import type { MemberType } from './model.ts'

/** What the directory holds, devices as Intune has them, and who is in a group; a member's id is `<group>/<member>`. */
export type DirectoryKind = 'user' | 'group' | 'device' | 'managedDevice' | MemberKind

type MemberKind = `${MemberType}Member`

const kindOfMember: Readonly<Record<MemberType, MemberKind>> = {
  user: 'userMember',
  device: 'deviceMember',
  group: 'groupMember',
  servicePrincipal: 'servicePrincipalMember',
}

export const memberKinds: readonly MemberKind[] = Object.values(kindOfMember)

/** The last change of something in the directory. */
export interface DirectoryChange {
  /** Grows with every change. */
  readonly sequence: number
  /** Of the change that made it. */
  readonly createdSequence: number
  readonly kind: DirectoryKind
  readonly id: string
  readonly deleted: boolean
}
