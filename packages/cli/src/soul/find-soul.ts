import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asBadSetting, SoulFileError, UsageError } from '../cli/errors.ts'
import { fileError } from '../files/read-small.ts'
import { makeSoul } from './make-soul.ts'
import { readSoulFile, readSoulStream, readSoulVariable } from './read-soul.ts'
import { writeSoulFile } from './write-soul.ts'
import type { Io } from '../cli/io.ts'
import type { Soul } from '@nara-stash/crypto'

export interface SoulRequest {
  dir: string
  /** A path, or `-`. */
  soulFile?: string | undefined
  /** The path was given as a flag, so it is preferred to NARA_SOUL; in the environment, both are one too many. */
  soulFileSource: 'default' | 'file' | 'environment' | 'flag'
  name?: string | undefined
}

export interface FoundSoul {
  soul: Soul
  /** Made by this very process: nobody can hold anything for it. */
  fresh: boolean
  /** Where it came from, for people. */
  source: string
}

/** The soul of a nara that lives in `dir`. */
export function soulPath (dir: string): string {
  return join(dir, 'soul')
}

/**
 * The soul that was given (a flag, the environment, the configuration), or else the one in DIR, or else undefined.
 *
 * @throws {SoulFileError | UsageError}
 */
export async function findSoul (request: SoulRequest, io: Pick<Io, 'env' | 'stdin' | 'err'>): Promise<FoundSoul | undefined> {
  const given = await givenSoul(request, io).catch((error: unknown) => { throw asBadSetting(error) })
  const path = soulPath(request.dir)

  return given ?? (await exists(path) ? { soul: await readSoulFile(path, request.name), fresh: false, source: path } : undefined)
}

/** What the settings name. */
async function givenSoul ({ soulFile, soulFileSource, name }: SoulRequest, io: Pick<Io, 'env' | 'stdin' | 'err'>): Promise<FoundSoul | undefined> {
  const variable = io.env.NARA_SOUL === '' ? undefined : io.env.NARA_SOUL

  if (variable != null && soulFileSource === 'environment') {
    throw new UsageError('NARA_SOUL and NARA_SOUL_FILE are both set', 'which of them is the soul? Unset the other')
  }

  if (variable != null && soulFileSource !== 'flag') {
    return { soul: readSoulVariable(variable, name), fresh: false, source: 'NARA_SOUL' }
  }

  if (soulFile === '-') {
    return { soul: await readSoulStream(io, name), fresh: false, source: 'standard input' }
  }

  if (soulFile != null) {
    return { soul: await readSoulFile(soulFile, name), fresh: false, source: soulFile }
  }

  return undefined
}

/** The soul as `findSoul` tells, or a new one, kept in DIR/soul. Only for who has the lock of DIR. */
export async function findOrMakeSoul (request: SoulRequest, io: Pick<Io, 'env' | 'stdin' | 'err'>): Promise<FoundSoul> {
  const found = await findSoul(request, io)

  if (found != null) {
    return found
  }

  const soul = makeSoul(request.name)
  const path = soulPath(request.dir)

  await writeSoulFile(path, soul)

  return { soul, fresh: true, source: path }
}

/** @throws {SoulFileError} there is none */
export async function requireSoul (request: SoulRequest, io: Pick<Io, 'env' | 'stdin' | 'err'>): Promise<FoundSoul> {
  const found = await findSoul(request, io)

  if (found == null) {
    throw new SoulFileError(`no soul was given, and there is none in ${request.dir}`, {
      hint: 'give it with --soul-file FILE (or -), in NARA_SOUL, or name its folder with --dir'
    })
  }

  return found
}

async function exists (path: string): Promise<boolean> {
  try {
    await stat(path)

    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return false
    }

    throw fileError('read', path, error)
  }
}
