import { asBadSetting } from '../cli/errors.ts'
import { makeFolder } from '../files/make-folder.ts'
import { readNetworkKey } from './network-key.ts'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { Config } from '../config/load.ts'
import type { NaraOptions } from '@nara-stash/node'

type Datastore = NonNullable<NaraOptions['datastore']>

/** Opens a datastore in a folder, and closes it. */
export type OpenDatastore = (path: string) => Promise<{ datastore: Datastore, close: () => Promise<void> }>

export interface Prepared {
  options: NaraOptions
  /** To be called after the nara has stopped. */
  close: () => Promise<void>
}

/** What the settings and the soul mean for `createNara`. */
export async function naraOptions (config: Config, { soul, fresh }: FoundSoul, openDatastore: OpenDatastore): Promise<Prepared> {
  const psk = config.pskFile == null ? undefined : await readNetworkKey(config.pskFile).catch((error: unknown) => { throw asBadSetting(error) })
  const store = config.datastore == null ? undefined : await openIn(config.datastore, openDatastore)
  const { announce, bootstrap, mdns, network, memory, maxHeldBytes } = config
  const { target, minCopies, countEach, maxStash, repairDelay, allow, deny, confidants, surrogates, leaveTimeout } = config

  return {
    options: {
      soul,
      fresh,
      announce,
      bootstrap,
      mdns,
      network,
      target,
      countEach,
      maxStash,
      repairDelay,
      surrogates,
      leaveTimeout,
      deny,
      confidants,
      ...(psk == null ? {} : { psk }),
      ...(memory == null ? {} : { memory }),
      ...(maxHeldBytes == null ? {} : { maxHeldBytes }),
      ...(minCopies == null ? {} : { minCopies }),
      ...(allow == null ? {} : { allow }),
      ...(store == null ? {} : { datastore: store.datastore })
    },
    close: async () => { await store?.close() }
  }
}

async function openIn (folder: string, openDatastore: OpenDatastore): ReturnType<OpenDatastore> {
  await makeFolder(folder)

  return await openDatastore(folder)
}
