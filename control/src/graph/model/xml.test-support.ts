/** An element of an XML document. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
}

interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
}

const markup = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>/g
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Reads a whole document and refuses one that is not well-formed. Text between elements is passed over. */
export function readXml(text: string): XmlElement {
  const document: OpenElement = { name: '', attributes: {}, children: [] }
  const open: OpenElement[] = [document]
  for (const [, closing, name = '', attributes = '', alone] of text.matchAll(markup)) {
    if (name === '') continue
    if (closing === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`)
      continue
    }
    const element: OpenElement = { name, attributes: readAttributes(attributes), children: [] }
    open.at(-1)?.children.push(element)
    if (alone !== '/') open.push(element)
  }
  const [root, ...others] = document.children
  if (!root || others.length > 0 || open.length > 1) throw new Error('a document has one element that holds all others')
  const between = text.replace(markup, '')
  if (/[<>]/.test(between)) throw new Error(`this is no markup: ${/[<>].{0,40}/s.exec(between)?.[0]}`)
  return root
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/([\w:.-]+)="([^"]*)"/g)) {
    if (name in attributes) throw new Error(`${name} stands twice in one element`)
    attributes[name] = value.replace(/&(\w+);/g, (whole, entity: string) => entities[entity] ?? whole)
  }
  return attributes
}
