import { CodedError, HOUR_MS } from '@muster/shared/core'
import { z } from 'zod'
import type { Control } from '../../control.ts'
import { parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { answer, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { iso } from '../resources/managed-device.ts'
import { intuneAccessOf } from '../roles/intune-access.ts'
import { EVERYWHERE } from '../roles/reach.ts'
import { notPermitted } from '../roles/require-reach.ts'
import { sightOf } from '../roles/sight.ts'
import { reportNamed } from './catalogue.ts'
import { reportZip } from './report-file.ts'
import { makeReport } from './report-table.ts'

/** Export of reports: https://learn.microsoft.com/mem/intune/fundamentals/reports-export-graph-apis */
const SET = 'deviceManagement/reports/exportJobs'
const ROLE = 'DeviceManagementManagedDevices.Read.All'

/** How long a finished export can be downloaded. */
const LIFETIME_MS = 6 * HOUR_MS
const UNSET = '0001-01-01T00:00:00Z'

const JobShape = z.object({
  reportName: z.string().min(1).max(100),
  select: z.array(z.string().max(100)).max(100).nullish(),
  filter: z.string().max(8_192).nullish(),
  search: z.string().max(200).nullish(),
  format: z.enum(['csv', 'json', 'pdf']).default('csv'),
  localizationType: z
    .enum(['localizedValuesAsAdditionalColumn', 'replaceLocalizableValues'])
    .default('localizedValuesAsAdditionalColumn'),
  snapshotId: z.string().max(200).nullish(),
})

interface Job {
  readonly [property: string]: unknown
  readonly id: string
  readonly reportName: string
  readonly select: readonly string[]
  readonly filter: string
  readonly search: string | null
  readonly format: 'csv' | 'json'
  readonly localizationType: 'localizedValuesAsAdditionalColumn' | 'replaceLocalizableValues'
  readonly status: 'notStarted' | 'inProgress' | 'completed' | 'failed'
  readonly requestDateTime: string
  readonly expirationDateTime: string
  /** Part of the download's address; nobody who has not seen the job knows it. */
  readonly signature: string
  /** The user whose roles limit what is in it. */
  readonly limitedTo?: string
}

/** The first letter of some clients' values is upper-case. */
function spelt(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const { localizationType } = body as { localizationType?: unknown }
  if (typeof localizationType !== 'string') return body
  return { ...body, localizationType: localizationType.charAt(0).toLowerCase() + localizationType.slice(1) }
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { control, reach, actor } = request
  const { store, ids, clock } = control.deps
  const wanted = parseBody(JobShape, spelt(request.body))
  if (wanted.format === 'pdf') throw new CodedError('graph/bad-body', 'reports are csv or json', { at: 'format' })
  const table = reportNamed(wanted.reportName)
  if (reach.access?.may(table.action) === false) notPermitted()
  const job: Job = {
    id: `${table.name}_${ids.guid()}`,
    reportName: table.name,
    select: wanted.select ?? [],
    filter: wanted.filter ?? '',
    search: wanted.search ?? null,
    format: wanted.format,
    localizationType: wanted.localizationType,
    status: 'notStarted',
    requestDateTime: iso(clock.nowMs()),
    expirationDateTime: UNSET,
    signature: ids.secret(),
    ...(reach.access ? { limitedTo: actor.id } : {}),
  }
  // What is asked for wrongly is refused now, not by a job that fails.
  await makeReport({ ...table, rows: async function* () {} }, store, sightOf(store, reach, table.action), queryOf(job))
  await forgetExpired(control)
  await store.objects.put(SET, [job])
  control.background.run(`the export ${job.id}`, () => perform(control, job))
  return entityAnswer(request, SET, jobEntity(job, request), 201)
}

const queryOf = ({ select, filter, search }: Job) => ({ select, filter, ...(search === null ? {} : { search }) })

async function perform({ deps: { store, clock } }: Control, job: Job): Promise<void> {
  await store.objects.put(SET, [{ ...job, status: 'inProgress' }])
  try {
    const table = reportNamed(job.reportName)
    const reach =
      job.limitedTo === undefined ? EVERYWHERE : { access: await intuneAccessOf(store, job.limitedTo), actions: [] }
    const report = await makeReport(table, store, sightOf(store, reach, table.action), queryOf(job))
    const { id, format, localizationType: localization } = job
    const zip = reportZip(report, { id, format, localization })
    await store.transaction(async ({ objects }) => {
      await objects.put(`${SET}/${id}/content`, [{ id: 'zip', base64: Buffer.from(zip).toString('base64') }])
      const expirationDateTime = iso(clock.nowMs() + LIFETIME_MS)
      await objects.put(SET, [{ ...job, status: 'completed', expirationDateTime }])
    })
  } catch (error) {
    await store.objects.put(SET, [{ ...job, status: 'failed' }])
    throw error
  }
}

async function forgetExpired({ deps: { store, clock } }: Control): Promise<void> {
  for (const job of (await store.objects.list(SET)) as readonly Job[])
    if (job.status === 'completed' && Date.parse(job.expirationDateTime) < clock.nowMs())
      await store.objects.delete(SET, job.id)
}

function jobEntity(
  { signature, limitedTo: _, ...job }: Job,
  { root }: Pick<GraphRequest, 'root'>,
): Readonly<Record<string, unknown>> {
  const origin = new URL(root).origin
  const url = `${origin}${DOWNLOADS}${job.id}.zip?sig=${signature}`
  return { ...job, snapshotId: null, url: job.status === 'completed' ? url : null }
}

async function jobOf(request: GraphRequest): Promise<Job> {
  const id = request.params['id'] ?? ''
  const job = (await request.control.deps.store.objects.get(SET, id)) as Job | undefined
  return job && isFor(request, job) ? job : notFound('deviceManagementExportJob', id)
}

/** Whom roles limit, to them only what they have asked for themselves. */
const isFor = ({ reach, actor }: GraphRequest, { limitedTo }: Job): boolean => !reach.access || limitedTo === actor.id

const get = async (request: GraphRequest): Promise<GraphAnswer> =>
  entityAnswer(request, SET, jobEntity(await jobOf(request), request))

const list = async (request: GraphRequest): Promise<GraphAnswer> => {
  const jobs = (await request.control.deps.store.objects.list(SET)) as readonly Job[]
  return memoryPage(
    request,
    SET,
    jobs.filter((job) => isFor(request, job)).map((job) => jobEntity(job, request)),
  )
}

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await request.control.deps.store.objects.delete(SET, (await jobOf(request)).id)
  return answer(204)
}

/** Where finished exports lie; the address is all that one needs. */
export const DOWNLOADS = '/_blobs/exports/'

/** @throws CodedError `graph/not-found` for an export that is not there, has expired, or is asked for without its signature */
export async function download({ deps: { store, clock } }: Control, url: string): Promise<GraphAnswer> {
  const { pathname, searchParams } = new URL(url, 'https://localhost')
  const id = decodeURIComponent(pathname.slice(DOWNLOADS.length)).replace(/\.zip$/, '')
  const job = (await store.objects.get(SET, id)) as Job | undefined
  const isOpen =
    job?.status === 'completed' &&
    job.signature === searchParams.get('sig') &&
    Date.parse(job.expirationDateTime) >= clock.nowMs()
  const content = isOpen ? await store.objects.get(`${SET}/${id}/content`, 'zip') : undefined
  if (!content) throw new CodedError('graph/not-found', 'there is no such export, or it has expired')
  return {
    status: 200,
    body: new Uint8Array(Buffer.from(String(content['base64']), 'base64')),
    headers: { 'content-type': 'application/zip', 'content-disposition': `attachment; filename="${id}.zip"` },
  }
}

/** Begin exports again that a service which has ended left unfinished. */
export async function resumeExports(control: Control): Promise<void> {
  for (const job of (await control.deps.store.objects.list(SET)) as readonly Job[])
    if (job.status === 'notStarted' || job.status === 'inProgress')
      control.background.run(`the export ${job.id}`, () => perform(control, job))
}

const JOB = { type: 'deviceManagementExportJob' }

export const exportJobRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: `/${SET}`, role: ROLE, of: { ...JOB, many: true }, handle: list },
  { method: 'POST', path: `/${SET}`, role: ROLE, handle: create },
  { method: 'GET', path: `/${SET}/{id}`, role: ROLE, of: JOB, handle: get },
  { method: 'DELETE', path: `/${SET}/{id}`, role: ROLE, handle: remove },
]
