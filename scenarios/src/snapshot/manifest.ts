import { createHash } from 'node:crypto'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'

/** Of the folder's format; one that is higher cannot be read. */
const FORMAT = 1

const Count = z.number().int().nonnegative()
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** A file of a snapshot, by its path below it. */
const Part = z.strictObject({
  path: z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]+$/),
  bytes: Count,
  sha256: Sha256,
})

const common = {
  format: z.literal(FORMAT),
  name: z.string(),
  muster: z.string(),
  savedAtWallMs: z.number(),
  /** Simulated. */
  atMs: z.number(),
  devices: Count,
  parts: z.array(Part).min(1),
}

const Content = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('virtual'),
    ...common,
    seed: z.string(),
    /** The phase at whose end the world was put down. */
    phase: z.string(),
    scenario: z.strictObject({
      name: z.string(),
      file: z.string(),
      sha256: Sha256,
      /** With every default, as the run had it. */
      resolved: z.record(z.string(), z.unknown()),
    }),
  }),
  z.strictObject({ mode: z.literal('live'), ...common }),
])
export type Manifest = z.infer<typeof Content>
export type VirtualManifest = Extract<Manifest, { mode: 'virtual' }>

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The manifest with a digest of itself. */
export const manifestText = (manifest: Manifest): string => {
  const content = JSON.stringify(manifest)
  return `${JSON.stringify({ sha256: sha256Of(content), manifest: JSON.parse(content) }, null, 2)}\n`
}

/** Untouched: its digest is over its text, keys in their order. */
const Unread = z.custom<{ readonly format: number }>(
  (value) => typeof value === 'object' && value !== null && 'format' in value && typeof value.format === 'number',
)
const Sealed = z.strictObject({ sha256: Sha256, manifest: Unread })

/**
 * A manifest from its text. `where` names it in errors.
 * @throws CodedError `snapshot/damaged`, `snapshot/newer-version`
 */
export function parseManifest(text: string, where: string): Manifest {
  const sealed = Sealed.safeParse(jsonOf(text))
  if (!sealed.success) throw damaged(where, 'its manifest cannot be read')
  const { sha256, manifest } = sealed.data
  if (manifest.format > FORMAT)
    throw new CodedError(
      'snapshot/newer-version',
      `${where} was saved by a newer Muster (format ${manifest.format}, this one knows ${FORMAT}): use that one`,
    )
  if (sha256Of(JSON.stringify(manifest)) !== sha256)
    throw damaged(where, 'its manifest is not the one that was written')
  const content = Content.safeParse(manifest)
  if (!content.success) throw damaged(where, `its manifest is none: ${z.prettifyError(content.error)}`)
  return content.data
}

export const damaged = (where: string, why: string): CodedError =>
  new CodedError('snapshot/damaged', `${where} cannot be used: ${why}. Save it again`)

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
