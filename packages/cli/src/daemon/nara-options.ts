import { asBadSetting } from '../cli/errors.ts'
import { heldStore } from './held-folder.ts'
import { readNetworkKey } from './network-key.ts'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { Config } from '../config/load.ts'
import type { NaraOptions } from '@nara-stash/node'

/** What the settings and the soul mean for `createNara`. */
export async function naraOptions (config: Config, { soul, fresh }: FoundSoul, say: (note: string) => void): Promise<NaraOptions> {
  const psk = config.pskFile == null ? undefined : await readNetworkKey(config.pskFile).catch((error: unknown) => { throw asBadSetting(error) })
  const held = await heldStore(config, say)
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
