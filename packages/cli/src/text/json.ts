// JSON.stringify escapes the C0 controls only. DEL, the C1 controls, line separators and bidirectional controls stand only
// inside strings, so escaping them leaves the document the same.
const UNPRINTABLE = /[\u007f-\u009f\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** A value as one line of JSON that is safe to print on a terminal. */
export function jsonLine (value: unknown): string {
  return escaped(JSON.stringify(value)) + '\n'
}

/** A value as JSON for one document: indented, and safe to print on a terminal. */
export function jsonDocument (value: unknown): string {
  return escaped(JSON.stringify(value, undefined, 2)) + '\n'
}

function escaped (json: string): string {
  return json.replace(UNPRINTABLE, character => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0'))
}
