import { printable } from './printable.ts'

/** A text as a shell takes it for one word: plain ones as they are, others in quotes. */
export function shellWord (text: string): string {
  return /^[\w./:@%+,-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", "'\\''")}'`
}
