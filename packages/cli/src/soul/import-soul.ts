import { resolve } from 'node:path'
import { publicKeyOf } from '@nara-stash/crypto'
import { SoulFileError } from '../cli/errors.ts'
import { readSoulFile, readSoulStream } from './read-soul.ts'
import { writeSoulFile } from './write-soul.ts'
import type { Io } from '../cli/io.ts'
import type { Soul } from '@nara-stash/crypto'

export interface Import {
  /** A path, or `-`. */
  source: string
  /** Where it goes. */
  file: string
  name?: string | undefined
}

/**
 * Brings a soul into a file of its own. The same soul may be there already.
 *
 * @throws {SoulFileError} another soul, or something else, is there
 */
export async function importSoul ({ source, file, name }: Import, io: Pick<Io, 'stdin' | 'err' | 'cwd'>): Promise<Soul> {
  const soul = source === '-' ? await readSoulStream(io, name) : await readSoulFile(resolve(io.cwd, source), name)

  try {
    await writeSoulFile(file, soul)
  } catch (error) {
    if (!(error instanceof SoulFileError) || !await holds(file, soul)) {
      throw error
    }
  }

  return soul
}

async function holds (file: string, soul: Soul): Promise<boolean> {
  const there = await readSoulFile(file, soul.name).catch(() => undefined)

  return there != null && Buffer.compare(publicKeyOf(there), publicKeyOf(soul)) === 0
}
