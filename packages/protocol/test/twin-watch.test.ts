import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { PROBE_TIMEOUT } from '../src/constants.ts'
import { TwinWatch } from '../src/twin-watch.ts'
import type { StashNetwork } from '../src/network.ts'

const [ONE, OTHER] = ['11'.repeat(8), '22'.repeat(8)]

/** A watch on a network whose connections are dead if they are among these. */
class Scene {
  readonly clock = new VirtualClock()
  readonly dead = new Set<string>()
  /** `connection`, or `connection boot` of who was told of it. */
  readonly asked: string[] = []
  readonly watch: TwinWatch

  constructor () {
    this.watch = new TwinWatch({
      ask: (async (_peer, request, { connection = '', signal } = {}) => {
        this.asked.push(`${connection}${'twin' in request ? ` ${request.twin}` : ''}`)

        if (this.dead.has(connection)) {
          await new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason as Error) }) })
        }

        return { type: 'not-found' }
      }) as StashNetwork['ask']
    }, this.clock)
  }

  async hear (connection: string, boot: string, peer = 'peer'): Promise<void> {
    const heard = this.watch.heard({ peer, connection }, boot)
    await this.clock.advance(2 * PROBE_TIMEOUT)
    await heard
  }
}

describe('the watch for twins', () => {
  it('tells two processes that both live of each other, once', async () => {
    const scene = new Scene()
    await scene.hear('a', ONE)
    expect(scene.asked).toEqual([])
    await scene.hear('b', OTHER)
    expect(scene.asked).toEqual(['b', 'a', `b ${ONE}`, `a ${OTHER}`])

    await scene.hear('a', ONE)
    await scene.hear('b', OTHER)
    // one of them connects anew
    await scene.hear('c', OTHER)
    expect(scene.asked).toHaveLength(4)
  })

  it('says nothing of a process that left a connection behind, as after a power cut, until it turns out to live', async () => {
    const scene = new Scene()
    await scene.hear('a', ONE)
    scene.dead.add('a')
    await scene.hear('b', OTHER)
    await scene.hear('b', OTHER)
    expect(scene.asked).toEqual(['b', 'a', 'b', 'a'])

    // its machine only slept
    scene.dead.clear()
    await scene.hear('a', ONE)
    expect(scene.asked.slice(4)).toEqual(['a', 'b', `a ${OTHER}`, `b ${ONE}`])
  })

  it('says nothing of what is read late of one that is gone', async () => {
    const scene = new Scene()
    await scene.hear('b', OTHER)
    scene.dead.add('a')
    await scene.hear('a', ONE)
    expect(scene.asked).toEqual(['a', 'b'])
  })

  it('takes several connections of one process for one, and several peers for several', async () => {
    const scene = new Scene()
    await scene.hear('a', ONE)
    await scene.hear('b', ONE)
    await scene.hear('c', OTHER, 'another')
    await scene.watch.heard({ peer: 'peer' }, OTHER)
    expect(scene.asked).toEqual([])
  })

  it('begins anew with a peer that was gone', async () => {
    const scene = new Scene()
    await scene.hear('a', ONE)
    scene.watch.forget('peer')
    await scene.hear('b', OTHER)
    expect(scene.asked).toEqual([])
  })

  it('is not kept busy without end by who makes up boots', async () => {
    const scene = new Scene()

    for (let i = 0; i < 200; i++) {
      await scene.hear(`c${i}`, i.toString(16).padStart(16, '0'))
    }

    expect(scene.asked.length).toBeLessThan(100)
  })
})
