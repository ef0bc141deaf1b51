import { UnreachableError } from '@nara-stash/protocol'
import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { WITNESS_INTERVAL, WITNESS_INTERVAL_MOST } from '../../../src/constants.ts'
import { WitnessRound } from '../../../src/services/owner/witness-round.ts'
import { header } from '../../policy/unsigned.ts'
import type { StashNetwork, WitnessResponse } from '@nara-stash/protocol'

/** Neither early nor late. */
const middling = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) }

/** A round among holders of whom each answers the same. */
class Scene {
  readonly clock = new VirtualClock()
  readonly asked: Array<{ peer: string, at: number }> = []
  readonly heard: string[] = []
  here = ['a', 'b', 'c', 'stranger']
  answer: WitnessResponse | undefined = { type: 'not-found' }
  /** Who answered in recovery. */
  readonly answered = new Set(['a', 'b', 'c', 'stranger'])
  readonly round: WitnessRound

  constructor () {
    this.round = new WitnessRound({
      network: {
        peers: () => this.here.map(id => ({ id, connection: '', since: 0 })),
        ask: (async (peer: string) => {
          this.asked.push({ peer, at: this.clock.now() })

          if (this.answer == null) {
            throw new UnreachableError('gone')
          }

          return this.answer
        }) as StashNetwork['ask']
      },
      clock: this.clock,
      random: middling,
      holders: () => ['c', 'a', 'b', 'away'],
      hasAnswered: peer => this.answered.has(peer),
      admits: peer => peer !== 'denied',
      onHeader: ({ id }, from) => { this.heard.push(`${id} from ${from}`) }
    })
  }

  get peers (): string {
    return this.asked.map(({ peer }) => peer).join('')
  }
}

describe('the round of witnesses', () => {
  it('asks the holders that are here in turn, a minute apart', async () => {
    const scene = new Scene()
    scene.round.start()
    await scene.clock.advance(5 * WITNESS_INTERVAL)

    expect(scene.peers).toBe('abcab')
    expect(scene.asked.map(({ at }) => at / WITNESS_INTERVAL)).toStrictEqual([1, 2, 3, 4, 5])
    scene.here = ['c']
    await scene.clock.advance(2 * WITNESS_INTERVAL)
    expect(scene.peers).toBe('abcabcc')
  })

  it('asks at once who has not answered yet, holder or stranger, as long as it has not', async () => {
    const scene = new Scene()
    scene.answered.delete('stranger')
    scene.here.push('denied')
    scene.round.start()
    expect(scene.asked).toStrictEqual([{ peer: 'stranger', at: 0 }])

    scene.answered.add('stranger').delete('c')
    scene.asked.splice(0)
    scene.round.start()
    expect(scene.asked).toStrictEqual([{ peer: 'c', at: 0 }])

    scene.round.start()
    expect(scene.peers).toBe('cc')
    scene.answered.add('c')
    scene.round.start()
    expect(scene.peers).toBe('cc')
  })

  it('asks less and less often, half an hour apart at last, until it begins anew', async () => {
    const scene = new Scene()
    scene.round.start()
    await scene.clock.advance(24 * 3_600_000)
    const gaps = scene.asked.map(({ at }, i) => at - (scene.asked[i - 1]?.at ?? 0))

    expect(gaps.every((gap, i) => gap >= (gaps[i - 1] ?? 0))).toBe(true)
    expect(gaps.at(-1)).toBe(WITNESS_INTERVAL_MOST)
    expect(scene.asked.length).toBeLessThan(110)

    scene.asked.splice(0)
    scene.round.start()
    await scene.clock.advance(2 * WITNESS_INTERVAL)
    expect(scene.asked).toHaveLength(2)
  })

  it('tells of the newest and of what is beside it, and not after its end', async () => {
    const scene = new Scene()
    scene.answer = { type: 'witnessed', record: header('newest', 'x', 2), beside: header('beside', 'y', 2) }
    scene.round.start()
    await scene.clock.advance(WITNESS_INTERVAL)
    expect(scene.heard).toStrictEqual(['newest from a', 'beside from a'])

    scene.round.stop()
    await scene.clock.advance(24 * 3_600_000)
    expect(scene.heard).toHaveLength(2)
    expect(scene.clock.pending).toBe(0)
  })

  it('goes on whoever cannot be asked', async () => {
    const scene = new Scene()
    scene.answer = undefined
    scene.round.start()
    await scene.clock.advance(3 * WITNESS_INTERVAL)
    expect(scene.peers).toBe('abc')
  })

  it('asks who comes, whenever that is', async () => {
    const scene = new Scene()
    scene.round.connected('early')
    scene.round.start()
    scene.round.connected('x')
    scene.round.connected('denied')
    await scene.clock.advance(1)
    expect(scene.peers).toBe('earlyx')

    await scene.clock.advance(24 * 3_600_000)
    scene.asked.splice(0)
    scene.round.connected('y')
    await scene.clock.advance(1)
    expect(scene.peers).toBe('y')
  })
})
