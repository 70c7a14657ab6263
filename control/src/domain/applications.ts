import type { EpochMs } from '@muster/shared/core'

/** An application as it is registered: what it is called, and how it shows who it is. */
export interface Application {
  /** Of the object in the directory; clients know `appId`. */
  readonly id: string
  readonly appId: string
  readonly displayName: string
  readonly createdAtMs: EpochMs
  readonly signInAudience: string
  /** `api://…`: other names of the API that the application serves. */
  readonly identifierUris: readonly string[]
  readonly redirectUris: readonly string[]
  /** It may sign users in without showing who it is itself: a program on somebody's machine. */
  readonly isPublicClient: boolean
  readonly passwords: readonly PasswordCredential[]
  readonly keys: readonly KeyCredential[]
  /** Scopes of the API that it serves, for applications that act for users. */
  readonly scopes: readonly { readonly id: string; readonly value: string }[]
  /** Other properties that Graph has, as they were written: nothing depends on them. */
  readonly further?: Readonly<Record<string, unknown>> | undefined
}

export interface PasswordCredential {
  readonly keyId: string
  readonly displayName: string | null
  /** The first characters, as Graph shows them. */
  readonly hint: string
  readonly secretSha256: string
  readonly startAtMs: EpochMs
  readonly endAtMs: EpochMs
}

export interface KeyCredential {
  readonly keyId: string
  readonly displayName: string | null
  /** DER, Base64. */
  readonly certificate: string
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
  readonly startAtMs: EpochMs
  readonly endAtMs: EpochMs
}

/** An application at work in the tenant: what roles are granted to. */
export interface ServicePrincipal {
  readonly id: string
  readonly appId: string
  readonly displayName: string
  readonly accountEnabled: boolean
  readonly createdAtMs: EpochMs
  /** The application of the tenant's owner: it holds every role there is, those of later versions too. */
  readonly holdsEveryRole: boolean
  /** Other properties that Graph has, as they were written: nothing depends on them. */
  readonly further?: Readonly<Record<string, unknown>> | undefined
}

/** A role of an API, granted to an application. */
export interface AppRoleAssignment {
  readonly id: string
  /** A service principal. */
  readonly principalId: string
  /** The service principal of the API. */
  readonly resourceId: string
  readonly appRoleId: string
  readonly createdAtMs: EpochMs
}

/** What an application may do for users: consent. */
export interface PermissionGrant {
  readonly id: string
  /** A service principal. */
  readonly clientId: string
  /** Absent when it is for all users. */
  readonly principalId?: string
  readonly resourceId: string
  readonly scopes: readonly string[]
}

/** A directory role that a user holds in the whole tenant. */
export interface DirectoryRoleAssignment {
  readonly id: string
  readonly principalId: string
  readonly roleDefinitionId: string
  readonly createdAtMs: EpochMs
}

/** How somebody signed in, for whom tokens are given later. */
export interface SignedIn {
  /** `deviceId` of the device that they said they were at. */
  readonly deviceId?: string
  /** Beyond the password: `mfa`. */
  readonly factors?: readonly string[]
}

/** What has been given out and waits to be changed into tokens. Its id is a digest: the secret itself is not kept. */
export type Grant = { readonly id: string; readonly expiresAtMs: EpochMs; readonly clientId: string } & (
  | ({
      readonly kind: 'authorizationCode'
      readonly userId: string
      readonly scope: string
      readonly redirectUri: string
      readonly challenge: string | null
      readonly challengeMethod: 'S256' | 'plain'
      readonly nonce: string | null
      readonly isUsed: boolean
    } & SignedIn)
  | ({
      readonly kind: 'deviceCode'
      readonly userCode: string
      readonly scope: string
      readonly state: 'pending' | 'approved' | 'declined'
      /** Who has approved. */
      readonly userId: string | null
    } & SignedIn)
  | ({ readonly kind: 'refreshToken'; readonly userId: string; readonly scope: string } & SignedIn)
  | { readonly kind: 'assertion'; readonly assertionSha256: string }
)
