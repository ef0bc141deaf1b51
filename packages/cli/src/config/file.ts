import { join } from 'node:path'
import { InvalidSettingError } from '../cli/errors.ts'
import { isMissing, readSmallFile } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'

/** A configuration is a screen of text; more is something else. */
const MAX_CONFIG_BYTES = 64 * 1024

export interface ConfigFile {
  path: string
  /** Empty if there is no file. */
  values: Readonly<Record<string, unknown>>
}

/**
 * DIR/config.json: one JSON object.
 *
 * @throws {InvalidSettingError} not JSON, or not an object
 * @throws {FileError} it cannot be read
 */
export async function readConfigFile (dir: string): Promise<ConfigFile> {
  const path = join(dir, 'config.json')
  let text

  try {
    text = (await readSmallFile(path, MAX_CONFIG_BYTES)).text
  } catch (error) {
    if (isMissing(error)) {
      return { path, values: {} }
    }

    throw error
  }

  let values: unknown

  try {
    values = JSON.parse(text)
  } catch (error) {
    throw new InvalidSettingError(`${printable(path)} is not JSON: ${printable((error as Error).message)}`)
  }

  if (typeof values !== 'object' || values == null || Array.isArray(values)) {
    throw new InvalidSettingError(`${printable(path)} must hold one JSON object, such as { "target": 3 }`)
  }

  return { path, values: values as Record<string, unknown> }
}
