import { createSoul } from '@nara-stash/crypto'
import { UsageError } from '../cli/errors.ts'
import type { Soul } from '@nara-stash/crypto'

/** @throws {UsageError} the name cannot be one */
export function makeSoul (name: string | undefined): Soul {
  try {
    return createSoul(name == null ? {} : { name })
  } catch (error) {
    throw (error as Error).name === 'InvalidName' ? new UsageError(`the name cannot be one: ${(error as Error).message}`, 'choose another one: --name NAME') : error
  }
}
