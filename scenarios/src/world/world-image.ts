import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RestingFleet, readRestingFleet, writeRestingFleet } from '@muster/agent/fleet'
import type { Counted } from '@muster/control'
import type { BrokerImage } from '@muster/shared/runtime'
import { z } from 'zod'
import type { WatchImage } from './invariants.ts'
import type { NemesisImage } from './nemesis.ts'
import type { World } from './world.ts'

/** The store's part of a snapshot. */
export const STORE_PART = 'control.db'
const WORLD_PART = 'world.json'
const fleetPart = (agentId: string): string => `fleet-${agentId}.ndjson`

const Octets = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
const Messages = z.array(z.object({ subject: z.string(), payload: Octets }))
const Count = z.number().int().nonnegative()

/** Everything but the store and the fleets. */
const WorldPart = z.object({
  startMs: z.number(),
  atMs: z.number(),
  tenantId: z.string(),
  authorityFiles: z.object({
    rootCertificatePem: z.string(),
    rootKeyPem: z.string(),
    issuingCertificatePem: z.string(),
    issuingKeyPem: z.string(),
  }),
  asked: Count,
  agentIds: z.array(z.string().regex(/^[\w-]+$/)),
  chronicle: z.object({ events: Count, sha256: z.string() }),
  counted: z.object({
    enrolments: z.object({ enrolled: Count, refused: z.record(z.string(), Count) }),
    checkIns: z.object({ managed: Count, gated: Count, refused: Count }),
    reports: z.object({ duplicates: Count, gaps: Count, deadLetters: Count }),
    refusals: z.record(z.string(), Count).optional(),
  }),
  broker: z.object({
    streams: z.object({ REPORTS: Messages, DLQ: Messages }),
    blobs: z.array(z.tuple([z.string(), Octets])),
    counts: z.object({ carried: Count, lost: Count, duplicated: Count }),
  }),
  /** Which fault by chance was under way. */
  chaos: z.custom<NemesisImage>((value) => typeof value === 'object' && value !== null).optional(),
  /** The watch's own. */
  watch: z.custom<WatchImage>((value) => typeof value === 'object' && value !== null && 'lastSeq' in value),
})

/** A world that was put down. */
export interface WorldImage extends z.infer<typeof WorldPart> {
  readonly storePath: string
  readonly fleets: readonly RestingFleet[]
}

/** Put a world that is at rest down into a directory, with all of its keys: for its owner only. */
export async function putDown(
  world: World,
  { counted, chaos }: { readonly counted: Counted; readonly chaos?: NemesisImage | undefined },
  dir: string,
): Promise<void> {
  await world.store.saveTo(join(dir, STORE_PART))
  const agentIds = world.fleets.map((_, index) => `worker-${index + 1}`)
  for (const [index, fleet] of world.fleets.entries()) {
    const resting = fleet.atRest()
    if (!resting) throw new Error('a fleet that is put down is at rest')
    writeRestingFleet(join(dir, fleetPart(agentIds[index] ?? '')), resting)
  }
  const { startMs, clock, tenantId, authorityFiles, asked, chronicle, watch, broker } = world
  const part: z.input<typeof WorldPart> = {
    startMs,
    atMs: clock.nowMs(),
    tenantId,
    authorityFiles,
    asked: asked.calls,
    agentIds,
    chronicle: chronicle.image(),
    counted: { ...counted, enrolments: { ...counted.enrolments, refused: { ...counted.enrolments.refused } } },
    broker: textOf(broker.image()),
    watch: watch.image(),
    ...(chaos ? { chaos } : {}),
  }
  writeFileSync(join(dir, WORLD_PART), JSON.stringify(part), { mode: 0o600, flag: 'wx', flush: true })
}

/** Read it back. `damaged` makes the error for a part that cannot be read. */
export function takeUp(dir: string, damaged: (part: string, why: string) => Error): WorldImage {
  const part = WorldPart.safeParse(jsonOf(join(dir, WORLD_PART)))
  if (!part.success) throw damaged(WORLD_PART, z.prettifyError(part.error))
  const fleets = part.data.agentIds.map((agentId) =>
    readRestingFleet(join(dir, fleetPart(agentId)), (why) => damaged(fleetPart(agentId), why)),
  )
  return { ...part.data, storePath: join(dir, STORE_PART), fleets }
}

function textOf({ streams, blobs, counts }: BrokerImage): z.input<typeof WorldPart>['broker'] {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const messages = (of: BrokerImage['streams']['DLQ']) =>
    of.map(({ subject, payload }) => ({ subject, payload: base64(payload) }))
  return {
    streams: { REPORTS: messages(streams.REPORTS), DLQ: messages(streams.DLQ) },
    blobs: blobs.map(([key, body]) => [key, base64(body)]),
    counts: { ...counts },
  }
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
