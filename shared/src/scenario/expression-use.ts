import type { ASTNode } from '@marcbachmann/cel-js'
import { nearestName } from '@muster/shared/core'
import { knownTexts } from './fleet-view.ts'

/** What an expression asks for that has to be fetched for it. */
export interface ExpressionUse {
  readonly fleet: boolean
  readonly certs: boolean
  readonly retireListed: boolean
  /** Policies whose states on single devices it asks for; `all` when it does not name them. */
  readonly policyStates: readonly string[] | 'all'
  /** Policies with rollouts whose rings it asks for. */
  readonly rings: readonly string[]
}

/** The nodes below a node, itself first. */
export function* nodesOf(node: ASTNode): Iterable<ASTNode> {
  yield node
  for (const child of childrenOf(node.args)) yield* nodesOf(child)
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}

export const textOf = (node: ASTNode): string | undefined =>
  node.op === 'value' && typeof node.args === 'string' ? node.args : undefined

export function useOf(ast: ASTNode): ExpressionUse {
  const nodes = [...nodesOf(ast)]
  const names = new Set(nodes.flatMap((node) => (node.op === 'id' ? [node.args] : [])))
  const accesses = nodes.filter((node) => node.op === '.' && node.args[1] === 'policies').length
  const named = nodes.flatMap((node) =>
    node.op === '[]' && node.args[0].op === '.' && node.args[0].args[1] === 'policies'
      ? [textOf(node.args[1]) ?? '']
      : [],
  )
  const isNamed = named.length === accesses && !named.includes('')
  return {
    fleet: names.has('fleet'),
    certs: names.has('certs'),
    retireListed: names.has('retireListed'),
    policyStates: isNamed ? [...new Set(named)] : 'all',
    rings: nodes.flatMap((node) => (node.op === 'rcall' && node.args[0] === 'ring' ? rolloutNames(node.args[1]) : [])),
  }
}

const rolloutNames = (node: ASTNode): readonly string[] =>
  [...nodesOf(node)].flatMap((inner) =>
    inner.op === 'call' && inner.args[0] === 'rollout' && inner.args[1][0] ? [textOf(inner.args[1][0]) ?? ''] : [],
  )

/** A text that is compared with something that never is that text. */
export function checkTexts(ast: ASTNode): { readonly message: string; readonly offset: number } | undefined {
  for (const node of nodesOf(ast)) {
    if (node.op !== '==' && node.op !== '!=') continue
    const [left, right] = node.args
    const found = misspelt(left, right) ?? misspelt(right, left)
    if (found) return found
  }
  return undefined
}

function misspelt(asked: ASTNode, compared: ASTNode): { message: string; offset: number } | undefined {
  const text = textOf(compared)
  const field = fieldOf(asked)
  const known = field === undefined || rootOf(asked) === 'body' ? undefined : knownTexts[field]
  if (text === undefined || !known || known.includes(text)) return undefined
  const near = nearestName(text, known)
  const hint = near ? `; did you mean ${JSON.stringify(near)}?` : `: one of ${known.join(', ')}`
  return { message: `${field} is never ${JSON.stringify(text)}${hint}`, offset: compared.start }
}

/** The field that a value is of: `d.platform`, or an entry of `d.policies`. */
function fieldOf(node: ASTNode): string | undefined {
  if (node.op === '.') return node.args[1]
  return node.op === '[]' && node.args[0].op === '.' && node.args[0].args[1] === 'policies' ? 'policies' : undefined
}

function rootOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args
  if (node.op === '.' || node.op === '[]') return rootOf(node.args[0])
  return undefined
}

/** A name of another part of the scenario that an expression uses. */
export interface NameInExpression {
  readonly kind: 'policy' | 'rollout' | 'ring'
  readonly name: string
  /** Of a ring: the policy that is rolled out. */
  readonly of?: string
}

/** Names of other parts that an expression uses, read from its text: also when it cannot be compiled. */
export function namesInExpression(expr: string): readonly NameInExpression[] {
  const names: NameInExpression[] = []
  for (const [, id = ''] of expr.matchAll(/\bpolicy\(\s*["']([^"']+)["']\s*\)/g))
    names.push({ kind: 'policy', name: id })
  for (const [, id = ''] of expr.matchAll(/\.policies\[\s*["']([^"']+)["']\s*\]/g))
    names.push({ kind: 'policy', name: id })
  for (const [, id = '', ring] of expr.matchAll(
    /\brollout\(\s*["']([^"']+)["']\s*\)(?:\s*\.ring\(\s*["']([^"']+)["']\s*\))?/g,
  )) {
    names.push({ kind: 'rollout', name: id })
    if (ring !== undefined) names.push({ kind: 'ring', name: ring, of: id })
  }
  return names
}
