import type { PolicyItem } from '@muster/shared/contracts'
import { nodes } from './nodes.ts'

/** One item for each node and verb. */
export const samples: readonly PolicyItem[] = nodes.flatMap((node) =>
  node.verbs.map(
    (verb): PolicyItem => ({
      itemId: `${verb} ${node.uri}`.slice(-120),
      covers: ['sample'],
      protocol: 'omadm',
      verb,
      locUri: node.uri,
      ...(verb === 'Add' || verb === 'Replace' ? { data: node.format === 'bool' ? true : (node.range?.[1] ?? 1) } : {}),
    }),
  ),
)
