import { BadRequestError, NoStashError } from '../api/errors.ts'
import { parseHexId } from '../config/values.ts'
import { printable } from '../text/printable.ts'
import type { Doubt, SetAsideStash } from '@nara-stash/node'

/**
 * The version whose id begins so: one of a doubt that can be read, or one that was set aside.
 *
 * @throws {BadRequestError} no such text, or several versions begin so
 * @throws {NoStashError} there is none, or none that can be read
 */
export function versionId (given: string, doubt: Doubt | null, setAside: readonly Pick<SetAsideStash, 'id'>[]): string {
  const prefix = checked(given)
  const begins = ({ id }: { id: string }): boolean => id.startsWith(prefix)
  const seen = (doubt?.records ?? []).filter(begins)
  const readable = new Set([...seen.filter(record => record.readable), ...setAside.filter(begins)].map(({ id }) => id))
  const [found, another] = readable

  if (another != null) {
    throw new BadRequestError(`several versions begin with ${prefix}: give more of its digits`)
  }

  if (found == null) {
    throw new NoStashError(seen.length > 0
      ? `version ${seen[0]?.seq ?? ''} (${prefix}) was seen, but nobody within reach can give it`
      : `there is no version ${prefix} to choose`)
  }

  return found
}

function checked (given: string): string {
  try {
    return parseHexId(given)
  } catch {
    throw new BadRequestError(`${printable(given)} is no version's id; allowed: its first 8 hex digits or more`)
  }
}
