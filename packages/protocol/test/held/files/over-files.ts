import { FileStashStore } from '../../../src/held/files/file-store.ts'
import { heldStashes } from '../arrivals.ts'
import { ManualClock } from '../manual-clock.ts'
import { unlucky } from './fragile-disk.ts'
import type { FragileDisk, Luck } from './fragile-disk.ts'
import type { DamagedStash } from '../../../src/held/stash-store.ts'
import type { HeldStashes } from '../../../src/held/held-stashes.ts'

export const FOLDER = '/held'

/** Held stashes in the folder of a fragile disk; not started. */
export function over ({ fs }: Pick<FragileDisk, 'fs'>, damaged: DamagedStash[] = [], { keepFree = 0, bytes = 1_000_000 } = {}): HeldStashes {
  const clock = new ManualClock()
  const store = new FileStashStore({ path: FOLDER, fs, clock, keepFree, takeLock: () => ({ release: () => {} }) })
  const { held } = heldStashes({ clock, store, capacity: { bytes } })
  held.addEventListener('stash:damaged', ({ detail }) => { damaged.push(detail) })

  return held
}

/** What the next process finds after the power came back. */
export async function restarted (disk: FragileDisk, luck: Luck = unlucky, damaged: DamagedStash[] = []): Promise<{ held: HeldStashes, disk: FragileDisk }> {
  const after = disk.restarted(luck)
  const held = over(after, damaged)
  await held.start()

  return { held, disk: after }
}

/** Of the files those that count, or would if they were newer. */
export function stashFiles ({ names }: Pick<FragileDisk, 'names'>): string[] {
  return names.filter(name => /\.(stash|note)$/.test(name))
}
