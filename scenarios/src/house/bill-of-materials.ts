import { z } from 'zod'
import type { LockedPackage } from './locked-packages.ts'

const Component = z.looseObject({ 'bom-ref': z.string(), name: z.string(), purl: z.string() })
const Edges = z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })
const Bill = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z.looseObject({ component: Component }),
  components: z.array(Component),
  dependencies: z.array(Edges),
})
type Bill = z.infer<typeof Bill>

/**
 * npm's bill of all materials, without those that are for working on Muster only: held against the lock file, it must name
 * every package that Muster runs with. (`npm sbom --omit dev` leaves out what work needs as well.) The product has its own
 * name in it, not that of the folder.
 * @throws Error when the text is no bill, or one that lacks something
 */
export function billOf(text: string, packages: readonly LockedPackage[]): Bill {
  const all = Bill.parse(JSON.parse(text))
  const forWork = new Set(packages.map(purlOf))
  const wanted = packages.filter(({ production }) => production).map(purlOf)
  for (const purl of wanted) forWork.delete(purl)
  const components = all.components.filter(({ purl }) => !forWork.has(purl))
  const named = new Set(components.map(({ purl }) => purl))
  const missing = wanted.filter((purl) => !named.has(purl))
  if (missing.length > 0) throw new Error(`the bill of materials does not name ${missing.join(', ')}`)
  const { component } = all.metadata
  const kept = new Set([component, ...components].map((each) => each['bom-ref']))
  const dependencies = all.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((ref) => kept.has(ref)) }))
  const name = /^pkg:npm\/([^@]+)@/.exec(component.purl)?.[1] ?? component.name
  return { ...all, metadata: { ...all.metadata, component: { ...component, name } }, components, dependencies }
}

/** https://github.com/package-url/purl-spec: the scope's sign is escaped. */
export const purlOf = ({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace(/^@/, '%40')}@${version}`
