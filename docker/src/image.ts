import { readFileSync } from 'node:fs'
import { done, tell } from './engine.ts'

/** The image has in it what it runs with, and no secret; what its base has is not ours. */
export async function lookAtImage(image: string, base: string): Promise<string> {
  const script = readFileSync(new URL('./find-secrets.mjs', import.meta.url), 'utf8')
  const node = ['--network', 'none', '--entrypoint', 'node']
  const secretsIn = async (name: string): Promise<readonly string[]> =>
    (
      await done('docker', ['run', '--rm', '-i', '--user', '0', ...node, name, '--input-type=module', '-'], {
        input: script,
      })
    )
      .split('\n')
      .filter(Boolean)
  const ofBase = new Set(await secretsIn(base))
  const own = (await secretsIn(image)).filter((line) => !ofBase.has(line))
  if (own.length > 0) throw new Error(own.join('\n'))
  const find = `for (const name of ['vitest', 'typescript', '@biomejs/biome', 'tsx']) try { require.resolve('/opt/muster/node_modules/' + name + '/package.json'); console.log(name) } catch {}`
  const forWork = (await done('docker', ['run', '--rm', ...node, image, '-e', find])).trim()
  if (forWork !== '') throw new Error(`the image has packages for development: ${forWork}`)
  const [{ Config, Size } = { Config: { User: '' }, Size: 0 }] = JSON.parse(
    await done('docker', ['image', 'inspect', image]),
  ) as { Config: { User: string }; Size: number }[]
  if (Config.User !== '1000:1000') throw new Error(`the image runs as ${Config.User || 'root'}`)
  const [{ Size: baseSize } = { Size: 0 }] = JSON.parse(await done('docker', ['image', 'inspect', base])) as {
    Size: number
  }[]
  const { code } = await tell('docker', ['run', '--rm', '--read-only', '--cap-drop', 'ALL', image, '--version'])
  if (code !== 0) throw new Error('the image does not run on a read-only root file system')
  return `user 1000, runs read-only, no secret, no package for development, ${Math.round((Size - baseSize) / 1e6)} MB on its base`
}
