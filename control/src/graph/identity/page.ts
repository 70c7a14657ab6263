import type { GraphAnswer } from '../graph-request.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}' +
  'button,input{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;margin:.25rem 0;text-align:left}' +
  'label{display:block;margin-top:1rem}ul{list-style:none;padding:0}.wrong{color:#a4262c}'

/** Markup that is safe to be put into a page. */
export interface Markup {
  readonly markup: string
}

/** Whatever is put in is text, unless it is markup already. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Markup | readonly Markup[])[]): Markup {
  const text = (value: string | Markup | readonly Markup[]): string =>
    typeof value === 'string'
      ? value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
      : [value]
          .flat()
          .map(({ markup }) => markup)
          .join('')
  return {
    markup: parts.map((part, index) => part + (index < values.length ? text(values[index] ?? '') : '')).join(''),
  }
}

/** A page without scripts, that no other page may frame. */
export function page(title: string, body: Markup, status = 200): GraphAnswer {
  const { markup } = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width"><style>${{ markup: STYLE }}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`
  return {
    status,
    body: markup,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  }
}
