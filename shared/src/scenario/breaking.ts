import type { ASTNode, ParseResult } from '@marcbachmann/cel-js'

/** A part of a condition that is about single devices, and can say which. */
export interface Breaking {
  /** Devices for which it went wrong when the condition did, by id. `held`: the condition was true, and should not be. */
  devices(values: Record<string, unknown>, held: boolean): readonly string[]
}

/**
 * Where a condition is about single devices or certificates: `all`, `exists`, and lists that are counted. Of `all` those
 * count for which its predicate is false, of `exists` that should not hold those for which it is true.
 */
export function breakingOf(ast: ASTNode, parse: (text: string) => ParseResult): Breaking[] {
  return partsOf(ast).map((part) => {
    const whole = parse(part.condition)
    const wrong = parse(part.wrong)
    const right = parse(part.right)
    return {
      devices: (values, held) => {
        // A part that is as it should be has nothing to do with it.
        if (part.kind === 'bool' && whole(values) !== (held === part.positive)) return []
        return idsOf((held === part.positive ? right : wrong)(values))
      },
    }
  })
}

interface Part {
  readonly kind: 'bool' | 'list'
  readonly condition: string
  /** The list of those for which the predicate is false, and of those for which it is true. */
  readonly wrong: string
  readonly right: string
  /** False below a negation. */
  readonly positive: boolean
}

function partsOf(node: ASTNode, positive = true): readonly Part[] {
  if (node.op === '&&' || node.op === '||') return node.args.flatMap((each) => partsOf(each, positive))
  if (node.op === '!_') return partsOf(node.args, !positive)
  if (node.op === '?:') return node.args.slice(1).flatMap((each) => partsOf(each, positive))
  if (node.op === 'rcall' && ['all', 'exists', 'exists_one'].includes(node.args[0])) return quantified(node, positive)
  if (comparisons.has(node.op) && Array.isArray(node.args))
    return (node.args as ASTNode[]).flatMap((each) => counted(each, positive))
  return []
}

const comparisons = new Set<string>(['==', '!=', '<', '<=', '>', '>='])

const sourceOf = ({ input, range }: ASTNode): string => input.slice(range.start, range.end)

function quantified(node: Extract<ASTNode, { op: 'rcall' }>, positive: boolean): readonly Part[] {
  const [, receiver, [variable, predicate]] = node.args
  if (!variable || !predicate || !isOfFleet(receiver)) return []
  const [list, name, holds] = [sourceOf(receiver), sourceOf(variable), sourceOf(predicate)]
  return [
    {
      kind: 'bool',
      condition: sourceOf(node),
      wrong: `${list}.filter(${name}, !(${holds}))`,
      right: `${list}.filter(${name}, ${holds})`,
      positive,
    },
  ]
}

/** `size(list)` or `list.size()`: all that are in the list. */
function counted(node: ASTNode, positive: boolean): readonly Part[] {
  const list =
    node.op === 'rcall' && node.args[0] === 'size'
      ? node.args[1]
      : node.op === 'call' && node.args[0] === 'size'
        ? node.args[1][0]
        : undefined
  if (!list || !isOfFleet(list)) return []
  const source = sourceOf(list)
  return [{ kind: 'list', condition: 'true', wrong: source, right: source, positive }]
}

/** `fleet`, `certs`, or what is left of them by filters. */
function isOfFleet(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'fleet' || node.args === 'certs'
  return node.op === 'rcall' && node.args[0] === 'filter' && isOfFleet(node.args[1])
}

const idsOf = (list: unknown): readonly string[] =>
  (Array.isArray(list) ? list : []).map((each: { id?: string; deviceId?: string }) => each.deviceId ?? each.id ?? '')
