import { dirname, join, relative } from 'node:path'
import { CommandError } from '../cli/errors.ts'
import { readConfigFile } from '../config/file.ts'
import { loadConfig } from '../config/load.ts'
import { formatNetworkKey, networkKeyBytes, readNetworkKey } from '../daemon/network-key.ts'
import { makeFolder } from '../files/make-folder.ts'
import { isMissing } from '../files/read-small.ts'
import { writePrivate } from '../files/write-private.ts'
import { printable } from '../text/printable.ts'
import type { Invitation } from './invitation.ts'

/** The folder belongs to another network already. */
export class OtherNetworkError extends CommandError {
  override name = 'OtherNetworkError'
}

export interface Accepted {
  /** DIR/config.json. */
  config: string
  /** Where the private-network key is, if there is one. */
  pskFile?: string
  /** All peers to meet the others through. */
  bootstrap: string[]
}

/**
 * Makes an invitation the settings of a folder: `network`, `bootstrap` (beside those that are there) and `pskFile` in DIR/config.json, and the key in DIR/network.key (0600).
 *
 * @param force - also if the folder is of another network, or has another key, which is lost then
 * @throws {OtherNetworkError}
 * @throws {FileError | InvalidSettingError} the settings that are there cannot be read
 */
export async function acceptInvitation ({ network, key, addresses }: Invitation, dir: string, force: boolean): Promise<Accepted> {
  const { path: config, values } = await readConfigFile(dir)
  // checked, and with absolute paths; what the environment says is for this start only
  const settings = await loadConfig({ dir, flags: {}, io: { env: {}, cwd: dir } })
  const ownFile = join(dir, 'network.key')
  const there = await keyIn(settings.pskFile ?? ownFile, settings.pskFile == null)
  const isSame = there != null && key != null && Buffer.compare(there, key) === 0

  if (!force && values.network != null && settings.network !== network) {
    throw other(dir, `its network is "${settings.network}", the invitation's is "${network}"`)
  }

  if (!force && !isSame && there != null && (key != null || settings.pskFile != null)) {
    throw other(dir, `it has ${key == null ? 'a private-network key, and the invitation has none' : "another private-network key than the invitation's"}: ` +
      printable(settings.pskFile ?? ownFile))
  }

  await makeFolder(dir)

  const pskFile = key == null ? undefined : isSame ? settings.pskFile ?? ownFile : ownFile

  if (key != null && !isSame) {
    await writePrivate(dir, ownFile, formatNetworkKey(key))
  }

  const bootstrap = [...new Set([...addresses, ...settings.bootstrap])]
  const { pskFile: _, ...others } = values
  const next = { ...others, network, bootstrap, ...(pskFile == null ? {} : { pskFile: asWritten(dirname(config), pskFile) }) }

  await writePrivate(dir, config, JSON.stringify(next, undefined, 2) + '\n')

  return { config, bootstrap, ...(pskFile == null ? {} : { pskFile }) }
}

async function keyIn (path: string, mayBeMissing: boolean): Promise<Uint8Array | undefined> {
  try {
    return networkKeyBytes(await readNetworkKey(path))
  } catch (error) {
    if (mayBeMissing && isMissing(error)) {
      return undefined
    }

    throw error
  }
}

/** Relative for what is in the folder, which may be moved. */
function asWritten (dir: string, path: string): string {
  return dirname(path) === dir ? relative(dir, path) : path
}

function other (dir: string, why: string): OtherNetworkError {
  return new OtherNetworkError(`${printable(dir)} is of another network: ${why}`, { hint: 'join in another folder with --dir, or leave that network for this one with --force' })
}
