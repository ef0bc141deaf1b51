import { SoulFileError } from '../cli/errors.ts'
import { writeNew } from '../files/write-new.ts'
import { printable } from '../text/printable.ts'
import { formatSoulText } from './soul-text.ts'
import type { Soul } from '@nara-stash/crypto'

/**
 * Writes a soul to a file of mode 0600 that does not exist yet: whole, or not at all. It is on the disk when this resolves,
 * as a soul that is lost cannot be had back.
 *
 * @throws {SoulFileError} something of that name is there; it is left as it is
 * @throws {FileError}
 */
export async function writeSoulFile (path: string, soul: Soul): Promise<void> {
  if (!await writeNew(path, formatSoulText(soul))) {
    throw new SoulFileError(`${printable(path)} exists already, and a soul in it would be lost`, {
      hint: 'move it away first, or choose another path'
    })
  }
}
