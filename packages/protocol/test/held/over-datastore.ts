import { Key } from 'interface-datastore/key'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import type { Held } from './arrivals.ts'
import type { DamagedStash } from '../../src/held/stash-store.ts'
import type { StashDatastore } from '../../src/held/datastore-store.ts'

/** Held stashes over a datastore, started, as after a restart of the process. */
export async function open (datastore: StashDatastore, damaged: DamagedStash[] = [], prefix?: string): Promise<Held> {
  const clock = new ManualClock()
  clock.advance(Math.floor(clock.now()) * 7)
  const all = heldStashes({ clock, store: new DatastoreStashStore({ datastore, clock, ...(prefix == null ? {} : { prefix }) }) })
  all.held.addEventListener('stash:damaged', ({ detail }) => { damaged.push(detail) })
  await all.held.start()

  return all
}

/** All but the stamp of the running time. */
export async function keysOf (datastore: StashDatastore, prefix = '/'): Promise<Key[]> {
  const keys: Key[] = []

  for await (const key of datastore.queryKeys({ prefix })) {
    if (!key.toString().startsWith('/nara/stash/clock/')) {
      keys.push(key)
    }
  }

  return keys
}

export async function keyOf (datastore: StashDatastore, kind: 'entries' | 'bodies'): Promise<Key> {
  const [key, ...others] = await keysOf(datastore, `/nara/stash/${kind}/`)

  if (key == null || others.length > 0) {
    throw new Error(`there is not exactly one of ${kind}`)
  }

  return key
}
