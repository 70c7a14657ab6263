import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { done, ROOT, whatIsMissing } from './engine.ts'
import { lookAtImage } from './image.ts'
import { type Profile, profiles } from './profiles.ts'
import { composeStack } from './stack.ts'
import { type Line, lineText, shapeOf, transcriptFile } from './transcript.ts'

const IMAGE = process.env['MUSTER_IMAGE'] ?? 'muster:local'
const BASE = 'node:24-bookworm-slim'
/** What a gate of CI ends with that had nothing to go by. */
const SKIPPED = 77

const { values, positionals } = parseArgs({ allowPositionals: true, options: { record: { type: 'boolean' } } })
const wanted = profiles.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const unknown = positionals.filter((name) => !profiles.some((profile) => profile.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `there is no profile ${unknown.join(', ')}; there are ${profiles.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}
const missing = await whatIsMissing()
if (missing !== undefined) {
  process.stdout.write(`docker/verify is skipped: ${missing}\n`)
  process.exit(SKIPPED)
}
process.exitCode = (await verify()) ? 0 : 1

async function verify(): Promise<boolean> {
  const built = await line('image', async () => {
    const network = process.env['MUSTER_BUILD_NETWORK'] ?? 'default'
    await done('docker', ['build', '--network', network, '-f', 'docker/Dockerfile', '-t', IMAGE, '.'])
    return lookAtImage(IMAGE, BASE)
  })
  if (!built.ok) return false
  let good = true
  for (const profile of wanted) good = (await verifyProfile(profile)) && good
  return good
}

/** Bring a profile up, look, and bring it down, whatever is found. */
async function verifyProfile({ name, services = [], checks }: Profile): Promise<boolean> {
  process.stdout.write(`\n${name}\n`)
  await using stack = await composeStack(name)
  await stack.down()
  const lines: Line[] = []
  const add = async (what: string, look: () => Promise<string>): Promise<void> => {
    if (lines.every(({ ok }) => ok)) lines.push(await line(what, look))
  }
  await add('config', async () => {
    await stack.compose('config', '--quiet')
    return 'the file is in order'
  })
  await add('healthy', async () => {
    const sinceMs = Date.now()
    await stack.compose('up', '--detach', ...services)
    const containers = await stack.healthy()
    return `${containers.length} containers are well or have ended well, ${((Date.now() - sinceMs) / 1_000).toFixed(1)} s after the start`
  })
  for (const check of checks) await add(check.name, () => check.look(stack))
  const down = await line('down', async () => {
    const sinceMs = Date.now()
    await stack.down()
    const left = await stack.left()
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`)
    return `after ${((Date.now() - sinceMs) / 1_000).toFixed(1)} s no container, no volume and no network is left`
  })
  lines.push(down)
  return lines.every(({ ok }) => ok) && compare(name, lines.map(lineText).join(''))
}

async function line(name: string, look: () => Promise<string>): Promise<Line> {
  const found = await look().then(
    (text) => ({ name, ok: true, text }),
    (error: unknown) => ({ name, ok: false, text: error instanceof Error ? error.message : String(error) }),
  )
  process.stdout.write(lineText(found))
  return found
}

/** The transcript has the shape of the one that is kept; or is kept itself. */
function compare(profile: string, transcript: string): boolean {
  const file = join(ROOT, transcriptFile(profile))
  if (values.record) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, transcript)
    return true
  }
  const same = shapeOf(transcript) === shapeOf(readFileSync(file, 'utf8'))
  if (!same) process.stdout.write(`FAIL  this is not what ${transcriptFile(profile)} tells: --record writes it anew\n`)
  return same
}
