import { CodedError } from '@muster/shared/core'
import type { Filter } from './expression.ts'
import type { Query } from './query.ts'

/**
 * What the directory serves only from its index, which lags behind: a client says that it knows with
 * `ConsistencyLevel: eventual`, and for filters also with `$count=true`.
 * Source: Microsoft Graph, "Advanced query capabilities on Microsoft Entra ID objects".
 * @throws CodedError `graph/unsupported-query`
 */
export function checkConsistency(query: Query, consistencyLevel: string | undefined): void {
  const isEventual = consistencyLevel?.trim().toLowerCase() === 'eventual'
  if (query.search && !isEventual)
    refuse('Request with $search query parameter only works with a special request header: ConsistencyLevel: eventual.')
  if (query.count && !isEventual) refuse('$count is only supported with the request header ConsistencyLevel: eventual.')
  const advanced = query.filter && advancedPart(query.filter)
  if (advanced === undefined || (isEventual && query.count)) return
  refuse(
    `Operator or function '${advanced}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information.`,
  )
}

function refuse(message: string): never {
  throw new CodedError('graph/unsupported-query', message)
}

/** The first part of a filter that only the index answers. */
function advancedPart(filter: Filter): string | undefined {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.operands.map(advancedPart).find((part) => part !== undefined)
    case 'not':
      return 'not'
    case 'comparison':
      if (filter.left.kind === 'count' || filter.right.kind === 'count') return '$count'
      return filter.operator === 'ne' ? 'ne' : undefined
    case 'text':
      return filter.test === 'startsWith' ? undefined : filter.test
    case 'any':
    case 'all':
      return filter.condition ? advancedPart(filter.condition) : undefined
    case 'in':
    case 'has':
    case 'isof':
    case 'truth':
      return undefined
  }
}
