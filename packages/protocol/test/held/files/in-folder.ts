import { FileStashStore } from '../../../src/held/files/file-store.ts'
import { heldStashes } from '../arrivals.ts'
import { ManualClock } from '../manual-clock.ts'
import type { FileStashStoreInit } from '../../../src/held/files/file-store.ts'
import type { DamagedStash } from '../../../src/held/stash-store.ts'
import type { Held } from '../arrivals.ts'

export interface InFolder extends Held {
  damaged: DamagedStash[]
}

/** Held stashes in a real folder, from their start to their stop. */
export async function inFolder <T> (path: string, use: (all: InFolder) => Promise<T>, init: Partial<FileStashStoreInit> = {}): Promise<T> {
  const clock = new ManualClock()
  const store = new FileStashStore({ path, clock, keepFree: 0, ...init })
  const all = { ...heldStashes({ capacity: { stashes: 100, bytes: 2 ** 30, maxStash: 2 ** 20 }, clock, store }), damaged: [] as DamagedStash[] }
  all.held.addEventListener('stash:damaged', ({ detail }) => { all.damaged.push(detail) })
  await all.held.start()

  try {
    return await use(all)
  } finally {
    await all.held.stop()
  }
}
