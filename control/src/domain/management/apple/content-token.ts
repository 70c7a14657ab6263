import { createRng } from '@muster/shared/core'
import type { Dictionary } from './setting.ts'

/**
 * A token of 32 hexadecimal digits that changes with the content: what `ServerToken`, identifiers and payload UUIDs need. By way
 * of the seeded generator, because the domain has no SHA.
 */
export const contentToken = (content: Dictionary): string => createRng(JSON.stringify(content)).hex(32)

export const uuidOf = (token: string): string =>
  [
    token.slice(0, 8),
    token.slice(8, 12),
    `4${token.slice(13, 16)}`,
    `8${token.slice(17, 20)}`,
    token.slice(20, 32),
  ].join('-')
