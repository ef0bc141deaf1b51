import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { AUDIT_GAP, RANK_STEP, REPAIR_LEASE, REUNION, SURROGATE_DELAY, SURROGATE_DELAY_BELOW } from '../../src/constants.ts'
import { counts, duties, precedes } from '../../src/policy/duties.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { always, better, counted, isHere, isIdle, places } from './any-duties.ts'
import { decide, holder, input, NOW } from './duty-inputs.ts'
import type { DutyInput, HolderView } from '../../src/policy/duties.ts'

/** Somebody left for good, or is back without its copy. */
const isHurried = (of: DutyInput): boolean => of.holders.some(({ leftSince, lacks, connected }) => leftSince != null || (connected && lacks === 'all'))

describe('always', () => {
  it('nothing at all is done while the owner is here and settled, while a newer one is known, or while leaving', () => {
    always((of, { challenge, offer, store, drop, reach, wakeAt }) => !(isHere(of) || isIdle(of)) ||
      (challenge.length + offer.length + reach.length === 0 && store == null && !drop && (wakeAt == null || !isIdle(of))))
  })

  it('no copy is made of a promise that ends within an hour, nor by one that was away', () => {
    always((of, { store, offer }) => (of.mayRepair && of.leaseLeft >= REPAIR_LEASE) ||
      (store == null && offer.every(peer => of.holders.some(view => view.peer === peer && (view.unmet || counts(view))))))
  })

  it('no copy is made if enough have proved theirs', () => {
    // while the owner is here nobody counts
    always((of, { store, since }) => places(of) < of.placement.target || (store == null && (since.short == null || isHere(of))))
  })

  it('none is made sooner than the rules allow', () => {
    always((of, { store }) => {
      const delay = (isHurried(of) ? 0 : places(of) < of.placement.minCopies ? SURROGATE_DELAY_BELOW : SURROGATE_DELAY) + better(of) * RANK_STEP
      const since = Math.min(of.since.short ?? NOW, places(of) < of.placement.minCopies ? of.since.below ?? NOW : NOW)

      return store == null || NOW - since >= delay
    })
  })

  it('nor before those who are missing have had the time to be here again, if it was we who were away', () => {
    always((of, { store }) => {
      return isHurried(of) || store == null || NOW >= (of.reunitedAt ?? -Infinity) + REUNION + better(of) * RANK_STEP
    })
  })

  it('a copy goes only to whom the placement admits, and to nobody that is known to be a holder', () => {
    always((of, { store }) => store == null || (!of.holders.some(({ peer, lacks, seen }) => peer === store && (lacks !== 'older' || seen || of.placement.holders.includes(peer))) &&
      (of.placement.surrogates === 'any' || of.placement.holders.includes(store) || (of.placement.surrogates === 'listed' && of.placement.allowed.includes(store)))))
  })

  it('with as many holders as wanted, a copy goes only to another place', () => {
    always((of, { store }) => store == null || counted(of).length + 1 < of.placement.target ||
      distinctCopies([{}, ...counted(of), ...of.candidates().filter(({ id }) => id === store)]) > places(of))
  })

  it('only who proved it here, has not failed and stays counts: a drop leaves the target and one more of them, each a moment ago', () => {
    always((of, { drop }) => !drop || (!of.placement.holders.includes(of.self) && distinctCopies(of.holders.filter(view =>
      view.connected && view.verdict !== 'failed' && view.leavingSince == null && NOW - (view.provedAt ?? 0) < AUDIT_GAP &&
      precedes(view, { peer: of.self, rank: of.rank }, of.placement))) > of.placement.target))
  })

  it('only who is here, not busy and willing is challenged or offered anything', () => {
    always((of, { challenge, offer }) => {
      const view = (peer: string): HolderView | undefined => of.holders.find(holder => holder.peer === peer)

      return challenge.every(peer => view(peer)?.connected === true && !view(peer)?.busy && (view(peer)?.notBefore ?? Infinity) <= NOW) &&
        offer.every(peer => view(peer)?.connected === true && !view(peer)?.busy && (view(peer)?.offerAfter ?? Infinity) <= NOW)
    })
  })

  it('the next look lies ahead; with a copy missing that could be made there is one, or something is under way', () => {
    always((of, { wakeAt, challenge, offer, store, drop }) => wakeAt != null
      ? wakeAt > NOW
      : isHere(of) || isIdle(of) || !of.mayRepair || of.leaseLeft < REPAIR_LEASE || places(of) >= of.placement.target ||
        of.storing || challenge.length + offer.length > 0 || store != null || drop || of.holders.some(({ busy }) => busy) || of.placement.surrogates === 'none')
  })

  it('is the same for the same', () => {
    always((of, made) => JSON.stringify(duties(of, seededRandom(0))) === JSON.stringify(duties(of, seededRandom(0))) && made != null)
  })
})

it('of holders that all know of each other the target and one more never go', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 5 }), fc.subarray(['a', 'b', 'c']), (extra, target, named) => {
    const all = [...named, ...Array.from({ length: extra }, (_, i) => `s${String(i).padStart(2, '0')}`)]
    const staying = all.filter(self => !decide(input(all.filter(peer => peer !== self).map(peer => holder(peer)), {
      self, rank: self, placement: { ...input([]).placement, holders: named, target, minCopies: 1 }
    })).drop)

    return staying.length === Math.max(named.length, Math.min(all.length, target + 1))
  }))
})
