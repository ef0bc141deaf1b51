import { beforeEach, expect, it, vi } from 'vitest'
import { findEach } from './find-each.ts'
import { historyOf } from './histories.ts'
import { bothWrite, estranged, idleTwins, oneAfterTheOther, oneWrites, oneWritesUnseen, quietTwins, remnants, tookPlace } from './planted-plans.ts'
import type { Bug } from './find-each.ts'
import type { Meaning, meaningOf, Surprise } from '../../src/policy/surprise.ts'
import type { Author } from '../../src/services/owner/author.ts'
import type { OwnStash } from '../../src/services/owner/own-stash.ts'
import type { Apart, Twins } from '../../src/services/owner/twins.ts'
import type { WitnessRound } from '../../src/services/owner/witness-round.ts'
import type { Witnesses } from '../../src/services/owner/witnesses.ts'
import type { RecordHeader, StashNetwork } from '@nara-stash/protocol'

/** Which bug is in; see planted.test.ts. */
const planted = vi.hoisted(() => ({ bug: '' }))

vi.mock('../../src/services/owner/own-stash.ts', async (original) => {
  const real = await original<{ OwnStash: typeof OwnStash }>()

  class Boastful extends real.OwnStash {
    override known (): RecordHeader[] {
      const known = super.known()

      if (planted.bug !== 'a record claims more than was seen') {
        return known
      }

      const own = this as unknown as { highest: number }
      const claimed = known.map(record => this.boots.has(record.boot) ? record : { ...record, seq: record.seq + 1 })
      own.highest = Math.max(own.highest, ...claimed.map(({ seq }) => seq))

      return claimed
    }
  }

  return { ...real, OwnStash: Boastful }
})

vi.mock('../../src/services/owner/author.ts', async (original) => {
  const real = await original<{ Author: typeof Author }>()

  class Secretive extends real.Author {
    override putAside (...args: Parameters<Author['putAside']>): void {
      if (planted.bug !== 'another version is passed over in silence') {
        super.putAside(...args)
      }
    }
  }

  return { ...real, Author: Secretive }
})

vi.mock('../../src/policy/surprise.ts', async (original) => {
  const real = await original<{ meaningOf: typeof meaningOf }>()

  return {
    ...real,
    meaningOf: (surprise: Surprise): Meaning => {
      const meaning = real.meaningOf(surprise)

      return planted.bug === 'another version is passed over in silence' && meaning === 'other' ? 'again' : meaning
    }
  }
})

vi.mock('../../src/services/owner/twins.ts', async (original) => {
  const real = await original<{ Twins: typeof Twins }>()

  class Odd extends real.Twins {
    override heard (boot: string): void {
      if (planted.bug !== 'a twin is not listened to') {
        super.heard(boot)
      }
    }

    override look (apart: Apart, isSure: boolean): void {
      if (planted.bug === 'a predecessor passes for a twin') {
        super.look({ ...apart, isUnheld: true, isEarlier: false }, true)
      } else if (planted.bug !== 'a twin is not told by its records') {
        super.look(apart, isSure)
      }
    }
  }

  return { ...real, Twins: Odd }
})

vi.mock('../../src/services/owner/witness-round.ts', async (original) => {
  const real = await original<{ WitnessRound: typeof WitnessRound }>()

  class Incurious extends real.WitnessRound {
    override start (): void {
      if (planted.bug !== 'nobody is asked again') {
        super.start()
      }
    }
  }

  return { ...real, WitnessRound: Incurious }
})

vi.mock('../../src/services/owner/witnesses.ts', async (original) => {
  const real = await original<{ Witnesses: typeof Witnesses }>()

  class Nameless extends real.Witnesses {
    override listening <T extends Pick<StashNetwork, 'ask' | 'peers'>> (network: T): ReturnType<Witnesses['listening']> {
      return super.listening({
        peers: () => network.peers(),
        ask: (async (peer, request, options) =>
          await network.ask(peer, planted.bug === 'no process tells which one it is' && request.type === 'witness' ? { type: 'witness' } : request, options)) as StashNetwork['ask']
      })
    }
  }

  return { ...real, Witnesses: Nameless }
})

const BUGS: Record<string, Bug> = {
  'a record claims more than was seen': { within: 1, breaks: /shown/, plan: oneAfterTheOther },
  'another version is passed over in silence': { within: 1, breaks: /covered unseen/, plan: bothWrite },
  'a twin is not listened to': { within: 1, breaks: /heard:/, plan: idleTwins },
  'a twin is not told by its records': { within: 1, breaks: /built on/, plan: oneWritesUnseen },
  'no process tells which one it is': { within: 1, breaks: /seen:/, plan: quietTwins },
  'nobody is asked again': { within: 1, breaks: /noticed/, plan: oneWrites },
  'a predecessor passes for a twin': { within: 1, breaks: /alone/, plan: estranged }
}

beforeEach(() => { planted.bug = '' })

findEach(BUGS, bug => { planted.bug = bug })

it('the schedules made for one bug break no rule without it', async () => {
  for (const plan of [idleTwins, oneWrites, oneWritesUnseen, quietTwins, bothWrite, oneAfterTheOther, estranged].map(make => make(0))) {
    expect((await historyOf(plan)).violations, JSON.stringify(plan.steps)).toEqual([])
  }
}, 60_000)

it('several versions that a process left which is gone are nobody\'s who lives', async () => {
  const { violations, entries } = await historyOf(remnants())
  expect(violations).toEqual([])
  expect(entries.some(({ type }) => type === 'doubt')).toBe(true)
}, 60_000)

it('what goes on in the place of another process knows what that one wrote, and had not sealed yet', async () => {
  const { violations, entries } = await historyOf(tookPlace())
  expect(violations).toEqual([])
  expect(entries.some(entry => entry.type === 'told' && entry.outcome === 'kept' && entry.coalesced === true)).toBe(true)
}, 60_000)
