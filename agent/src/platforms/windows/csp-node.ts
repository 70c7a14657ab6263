import type { OmaDmItem, Posture } from '@muster/shared/contracts'
import type { CommandOutcome, DeviceView } from '../../domain/platform.ts'
import type { Place } from '../place.ts'

export type Value = string | number | boolean
export type Verb = OmaDmItem['verb']

/** What carrying out an Exec does, beside its status. */
export type Done = Pick<CommandOutcome, 'effect' | 'posture' | 'detail'> & { readonly status: number }

/** A node of the CSP tree: who may do what with it, and what it holds. */
export interface CspNode {
  /** Canonical: device scope is spelt out, and a part that the server names stands in braces. */
  readonly uri: string
  readonly verbs: readonly Verb[]
  readonly format: 'int' | 'chr' | 'bool' | 'xml' | 'b64' | 'null' | 'node'
  /** Values that an int node takes. */
  readonly range?: readonly [number, number]
  /** What a text must look like. */
  readonly pattern?: RegExp
  /** First build that has the node (the third part of the version). */
  readonly build?: number
  /** Home lacks most of what organisations manage. */
  readonly notOnHome?: boolean
  /** Enrolment modes that the node's access list lets in; all when absent. */
  readonly modes?: (device: DeviceView) => boolean
  /** In force only after this, unless the device is as wanted already. */
  readonly waitsFor?: 'restart' | 'user'
  readonly met?: (value: Value, device: DeviceView) => boolean
  /** HRESULT of a failure that is sure on this device. */
  readonly fails?: (value: Value, device: DeviceView) => string | undefined
  /** HRESULT of what goes wrong by itself now and then. */
  readonly mayFail?: string
  readonly enforces?: (value: Value) => Posture
  /** Stays when the policy is unassigned, as nothing deletes it. */
  readonly tattooed?: true
  /** Status nodes are answered from the device. */
  readonly read?: (device: DeviceView) => Value | undefined
  readonly exec?: (data: Value | undefined, device: DeviceView, place: () => Place) => Done
}

const KEPT: readonly Verb[] = ['Get', 'Add', 'Replace', 'Delete']

/** A policy: Replace makes it where it is not there yet. Source: Policy CSP. */
export const policy = (
  area: string,
  name: string,
  range: readonly [number, number],
  more: Partial<CspNode> = {},
): CspNode => ({
  uri: `./Device/Vendor/MSFT/Policy/Config/${area}/${name}`,
  verbs: KEPT,
  format: 'int',
  range,
  ...more,
})

/** A node with a value that the server may set. */
export const setting = (uri: string, format: CspNode['format'], more: Partial<CspNode> = {}): CspNode => ({
  uri,
  verbs: KEPT,
  format,
  ...more,
})

/** A node that only tells. */
export const status = (uri: string, format: CspNode['format'], read: NonNullable<CspNode['read']>): CspNode => ({
  uri,
  verbs: ['Get'],
  format,
  read,
})

/** A node that does something. */
export const action = (uri: string, exec: NonNullable<CspNode['exec']>, more: Partial<CspNode> = {}): CspNode => ({
  uri,
  verbs: ['Exec'],
  format: 'null',
  exec,
  ...more,
})
