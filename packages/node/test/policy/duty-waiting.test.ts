import { seededRandom } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { OWNER_TAKEOVER, RANK_STEP } from '../../src/constants.ts'
import { counts, duties } from '../../src/policy/duties.ts'
import { always, better, isHere, isIdle, places } from './any-duties.ts'
import { NOW } from './duty-inputs.ts'
import type { Duties, DutyInput, HolderView } from '../../src/policy/duties.ts'

const unwaited = (of: DutyInput): DutyInput => ({ ...of, since: without(of.since) })

function without (since: DutyInput['since']): DutyInput['since'] {
  const { waited: _, ...others } = since

  return others
}

describe('an owner that is here and settled', () => {
  it('takes over what was missing for as long as it may need; until then that is remembered as it was, and looked at when its time is over', () => {
    always((of, { since, wakeAt }) => {
      const until = (of.settledSince ?? -Infinity) + OWNER_TAKEOVER
      const isRemembered = until > NOW && of.since.short != null

      if (isHere(of) && !isIdle(of)) {
        expect(since).toStrictEqual(isRemembered ? of.since : {})
        expect(wakeAt).toBe(isRemembered ? until : undefined)
      }

      return true
    })
  })

  it('delays nothing once it is away, or in doubt', () => {
    always((of, made) => {
      const { settledSince: _, ...others } = of

      if (!isHere(of)) {
        expect(duties(others, seededRandom(0))).toStrictEqual(duties(of, seededRandom(0)))
      }

      return made != null
    })
  })
})

describe('who was waited for', () => {
  const turn = (of: DutyInput): number => (of.since.waited ?? -Infinity) + better(of) * RANK_STEP

  it('delays every repair by our rank from then on, which is looked at then', () => {
    always((of, { store, offer, wakeAt }) => {
      const isEmpty = (peer: string): boolean => of.holders.some(view => view.peer === peer && view.lacks === 'all' && !view.unmet)

      // it may not have been our turn anyway
      const usual = duties(unwaited(of), seededRandom(0)).wakeAt ?? -Infinity

      return turn(of) <= NOW || isHere(of) || isIdle(of) || places(of) >= of.placement.target ||
        (store == null && !offer.some(isEmpty) && wakeAt != null && wakeAt <= Math.max(turn(of), usual))
    })
  })

  it('delays nothing for longer: all is then as if nobody had been', () => {
    always((of, made) => {
      if (turn(of) <= NOW && !isHere(of)) {
        const [first, second] = [of, unwaited(of)].map(of => duties(of, seededRandom(0))) as [Duties, Duties]

        expect({ ...first, since: without(first.since) }).toStrictEqual({ ...second, since: without(second.since) })
      }

      return made != null
    })
  })

  it('delays repairs alone: no audit, nothing that others are told or brought up to, and no copy that is one too many', () => {
    always((of, made) => {
      const [delayed, usual] = [of, unwaited(of)].map(of => duties(of, seededRandom(0))) as [Duties, Duties]
      const view = (peer: string): HolderView | undefined => of.holders.find(holder => holder.peer === peer)
      const unchallenged = usual.challenge.filter(peer => !delayed.challenge.includes(peer)).map(view)
      const unoffered = usual.offer.filter(peer => !delayed.offer.includes(peer)).map(view)

      expect(delayed.drop).toBe(usual.drop)
      expect(delayed.reach).toStrictEqual(usual.reach)
      // a proof that is asked for to repair by it is none that was due
      expect(unchallenged.every(view => view != null && counts(view) && (view.auditAt > NOW || view.unmet))).toBe(true)
      expect(unoffered.every(view => view?.lacks === 'all' && !view.unmet)).toBe(true)
      expect(usual.challenge).toStrictEqual(expect.arrayContaining(delayed.challenge))
      expect(usual.offer).toStrictEqual(expect.arrayContaining(delayed.offer))

      return made != null
    })
  })

  it('is whoever has yet to answer, if without it a copy would be made now', () => {
    always((of, made) => {
      const unheard = of.holders.filter(view => view.connected && view.lacks == null && !counts(view))
      const heard = { ...of, holders: of.holders.filter(view => !unheard.includes(view)) }
      const { store } = duties(heard, seededRandom(0))
      const isDelayed = made.store == null && store != null && !unheard.some(({ peer }) => peer === store)

      return !isDelayed || made.since.waited === NOW
    })
  })

  it('is remembered while a copy is missing, and is now if it is our turn and nothing is done for its sake', () => {
    always((of, { since, store }) => isHere(of) || isIdle(of) || (since.short == null
      ? since.waited == null
      : (of.since.waited == null || since.waited != null) && (since.waited == null || since.waited === of.since.waited || (since.waited === NOW && store == null && turn(of) <= NOW))))
  })
})
