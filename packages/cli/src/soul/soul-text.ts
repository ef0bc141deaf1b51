import { defaultName, formatSoul, NameMismatch, normalizeName, parseSoul, publicKeyOf, soulFromWords } from '@nara-stash/crypto'
import type { Soul } from '@nara-stash/crypto'

// what follows the colon and a space is the name as it is, as names may begin and end with spaces
const NAME_LINE = /^[ \t]*name: ?(.*)$/im

/**
 * Reads the text of a soul file: a soul string or 24 words, and perhaps a line `name: NAME` for a soul that is bonded to a
 * name of its own. A name that is given besides must be the soul's.
 *
 * @throws {InvalidSoul | InvalidWords | InvalidName | NameMissing | NameMismatch}
 */
export function parseSoulText (text: string, { name }: { name?: string | undefined } = {}): Soul {
  const line = NAME_LINE.exec(text)?.[1]
  const secret = text.replace(NAME_LINE, '').trim()
  const bonded = name ?? line

  if (!/\s/.test(secret)) {
    return parseSoul(secret, bonded == null ? {} : { name: bonded })
  }

  // words hold no tag, so only the line beside them can tell that another name is meant
  if (name != null && line != null && normalizeName(name) !== normalizeName(line)) {
    throw new NameMismatch(`these words stand beside another name than "${normalizeName(name)}"`)
  }

  return soulFromWords(secret, bonded == null ? {} : { name: bonded })
}

/** The text of a soul file. The name stands in it only if the soul alone does not tell it. */
export function formatSoulText (soul: Soul): string {
  const name = soul.name === defaultName(publicKeyOf(soul)) ? '' : `name: ${soul.name}\n`

  return `${formatSoul(soul)}\n${name}`
}

/** Whether a text that was given where a path belongs may be a soul or its words: it must not be repeated in a message then. */
export function looksSecret (text: string): boolean {
  return /^[1-9A-HJ-NP-Za-km-z]{50,56}$/.test(text.trim()) || text.trim().split(/\s+/).length >= 12
}
