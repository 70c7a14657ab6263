/** The Encoding Standard's classes, which every JavaScript runtime has but the language's own library does not declare. */
declare class TextEncoder {
  encode(text: string): Uint8Array
}

declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean })
  decode(bytes: Uint8Array): string
}
