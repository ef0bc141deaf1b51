// Cc are the C0 and C1 controls and DEL; Zl and Zp break a line as a newline does; bidirectional controls reorder what
// stands around them; half a surrogate pair is not text.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu

/**
 * Text from elsewhere (a peer's name, a file's name, a value that somebody typed) made safe for a terminal: what could move
 * the cursor, break the line or reorder it is shown as `\u{1b}`.
 */
export function printable (text: string): string {
  return text.replace(UNPRINTABLE, character => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
}

/** A value as an error message quotes it: printable, and cut to a length that a line holds. */
export function quoted (value: unknown, longest = 80): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? String(value)
  const safe = printable(text.length > longest ? text.slice(0, longest) + '…' : text)

  return typeof value === 'string' ? `"${safe}"` : safe
}
