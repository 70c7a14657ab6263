import type { PolicyItem } from '@muster/shared/contracts'
import type { CspNode, Value, Verb } from './csp-node.ts'
import { nodes } from './tree.ts'

const texts = ['IN', '443', '<WLANProfile><name>a</name></WLANProfile>', 'MIIB']

/** A value that a node takes. */
export function valueFor({ format, range, pattern }: CspNode): Value {
  if (format === 'bool') return true
  if (format === 'int') return range?.[1] ?? 1
  return texts.find((text) => pattern?.test(text)) ?? 'text'
}

/** One item for each node and verb. */
export const samples: readonly PolicyItem[] = nodes.flatMap((node) =>
  node.verbs.map(
    (verb): PolicyItem => ({
      itemId: `${verb} ${node.uri}`.slice(-120),
      covers: ['sample'],
      protocol: 'omadm',
      verb,
      locUri: node.uri.replace(/\{(\w+)\}/g, 'one'),
      ...(takesData(verb) ? { data: valueFor(node) } : {}),
    }),
  ),
)

function takesData(verb: Verb): boolean {
  return verb === 'Add' || verb === 'Replace' || verb === 'Exec'
}
