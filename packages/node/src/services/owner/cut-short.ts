import { supersedesOrIs } from '@nara-stash/protocol'
import { askHeader } from '../recovery/ask-everybody.ts'
import { isOurs } from './is-ours.ts'
import type { AskEverybodyInit } from '../recovery/ask-everybody.ts'
import type { Placement, RecordHeader } from '@nara-stash/protocol'
import type { AbortOptions } from '@libp2p/interface'

export interface CutShortOptions extends AbortOptions {
  /**
   * Recovery was confirmed under that placement, so that nothing else can have been kept before. Then a holder that has the record from another one did
   * not take it from who wrote it. Otherwise it may have taken it, lost it and got it back, and what it has may be kept itself: only what we build on says that it did not.
   */
  isConfirmed: boolean
}

/** True if that is so for each of these placements. Does not reject. */
export async function isCutShort (init: Pick<AskEverybodyInit, 'network' | 'own' | 'clock'>, record: RecordHeader, placements: readonly Placement[], options: CutShortOptions): Promise<boolean> {
  return (await Promise.all(placements.map(async placement => await isCutShortUnder(init, record, placement, options)))).every(isSo => isSo)
}

/**
 * True if minCopies of `placement` cannot have acknowledged `record`: of its holders so many did not take it from who wrote it that too few are left. That they
 * had not when recovery was confirmed is not enough: the process that wrote it may live, and go on writing under that placement.
 *
 * Does not reject.
 */
async function isCutShortUnder (init: Pick<AskEverybodyInit, 'network' | 'own' | 'clock'>, record: RecordHeader, placement: Placement, options: CutShortOptions): Promise<boolean> {
  const { holders, minCopies } = placement
  const answers = await Promise.all(holders.map(async peer => await didNotTake(init, peer, record, options)))

  return answers.filter(isSo => isSo).length > holders.length - minCopies
}

/**
 * It has a copy straight from us that does not build on the record; or it has that or what builds on it, but from another holder. To have an older one from another
 * holder says nothing: it may have lost the record.
 */
async function didNotTake (init: Parameters<typeof isCutShort>[0], peer: string, record: RecordHeader, options: CutShortOptions): Promise<boolean> {
  try {
    const answer = await askHeader(init, peer, options)

    if (answer.type !== 'found' || !isOurs(answer, init.own.owner)) {
      return false
    }

    if (supersedesOrIs(answer.record, record)) {
      return options.isConfirmed && !answer.direct
    }

    return answer.direct && (options.isConfirmed || init.own.covers(answer.record))
  } catch {
    return false
  }
}
