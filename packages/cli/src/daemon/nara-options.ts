import { dirname, join } from 'node:path'
import { fileStore } from '@nara-stash/node/file-store'
import { asBadSetting } from '../cli/errors.ts'
import { IN_MEMORY } from '../config/settings.ts'
import { makeFolder } from '../files/make-folder.ts'
import { readNetworkKey } from './network-key.ts'
import type { FileStashStore } from '@nara-stash/node/file-store'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { Config } from '../config/load.ts'
import type { NaraOptions } from '@nara-stash/node'

/** What the settings and the soul mean for `createNara`. */
export async function naraOptions (config: Config, { soul, fresh }: FoundSoul): Promise<NaraOptions> {
  const psk = config.pskFile == null ? undefined : await readNetworkKey(config.pskFile).catch((error: unknown) => { throw asBadSetting(error) })
  const held = config.held === IN_MEMORY ? undefined : await heldIn(config.held ?? join(config.dir, 'held'), config.keepFree)
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

async function heldIn (folder: string, keepFree: number | undefined): Promise<FileStashStore> {
  // that itself is the store's
  await makeFolder(dirname(folder))

  return fileStore(folder, keepFree == null ? {} : { keepFree })
}
