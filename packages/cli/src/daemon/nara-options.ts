import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileStore, keepsStashes } from '@nara-stash/node/file-store'
import { asBadSetting, InvalidSettingError } from '../cli/errors.ts'
import { IN_MEMORY } from '../config/settings.ts'
import { makeFolder } from '../files/make-folder.ts'
import { printable } from '../text/printable.ts'
import { shellWord } from '../text/shell-word.ts'
import { readNetworkKey } from './network-key.ts'
import type { FileStashStore } from '@nara-stash/node/file-store'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { Config } from '../config/load.ts'
import type { NaraOptions } from '@nara-stash/node'

/** What the settings and the soul mean for `createNara`. */
export async function naraOptions (config: Config, { soul, fresh }: FoundSoul): Promise<NaraOptions> {
  const psk = config.pskFile == null ? undefined : await readNetworkKey(config.pskFile).catch((error: unknown) => { throw asBadSetting(error) })
  const usual = join(config.dir, 'held')
  await checkKept(config.held ?? usual, usual)
  const held = config.held === IN_MEMORY ? undefined : await heldIn(config.held ?? usual, config.keepFree)
  const { announce, bootstrap, mdns, network, memory, maxHeldBytes } = config
  const { target, minCopies, countEach, maxStash, repairDelay, lease, maxLease, allow, deny, confidants, surrogates, leaveTimeout } = config

  return {
    soul,
    fresh,
    announce,
    bootstrap,
    mdns,
    network,
    target,
    countEach,
    maxStash,
    lease,
    maxLease,
    surrogates,
    leaveTimeout,
    deny,
    confidants,
    ...(psk == null ? {} : { psk }),
    ...(memory == null ? {} : { memory }),
    ...(maxHeldBytes == null ? {} : { maxHeldBytes }),
    ...(repairDelay == null ? {} : { repairDelay }),
    ...(minCopies == null ? {} : { minCopies }),
    ...(allow == null ? {} : { allow }),
    ...(held == null ? {} : { held })
  }
}

/** What is kept in DIR/held is promised. Whoever wants it elsewhere moves it there, or gives it up aloud. */
async function checkKept (held: string, usual: string): Promise<void> {
  const isElsewhere = held === IN_MEMORY || await realPath(held) !== await realPath(usual)

  if (isElsewhere && await keepsStashes(usual)) {
    const from = shellWord(usual)
    const way = held === IN_MEMORY ? 'start without --held, and have "nara-stash leave" hand it on' : `move it, to where nothing is yet: mv ${from} ${shellWord(held)}`

    throw new InvalidSettingError(
      `${printable(usual)} keeps what is promised to others, and --held ${printable(held)} would drop it`,
      `${way}; or give it up: rm -r ${from}`
    )
  }
}

/** What is not there yet has no other. */
async function realPath (path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}

async function heldIn (folder: string, keepFree: number | undefined): Promise<FileStashStore> {
  // that itself is the store's
  await makeFolder(dirname(folder))

  return fileStore(folder, keepFree == null ? {} : { keepFree })
}
