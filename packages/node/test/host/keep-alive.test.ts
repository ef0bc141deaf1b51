import { yamux } from '@chainsafe/libp2p-yamux'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { VirtualClock } from '@nara-stash/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepAlive } from '../../src/host/keep-alive.ts'
import type { MultiaddrConnection } from '@libp2p/interface'
import type { Clock } from '@nara-stash/protocol'

const second = 1_000

/** A clock whose process can be stopped: its timers then run late. */
class StoppableClock extends VirtualClock {
  private skipped = 0

  override now (): number {
    return super.now() + this.skipped
  }

  skip (ms: number): void {
    this.skipped += ms
  }
}

let clock: StoppableClock
let near: MultiaddrConnection
let far: MultiaddrConnection

beforeEach(() => {
  clock = new StoppableClock()
  ;[near, far] = multiaddrConnectionPair()
})

afterEach(() => { [near, far].forEach(connection => { connection.abort(new Error('the test has ended')) }) })

function muxed (connection: MultiaddrConnection, its: Clock = clock): void {
  keepAlive(yamux({ enableKeepAlive: false }), its)(undefined).createStreamMuxer(connection)
}

/** Lets time pass, and what is sent meanwhile arrive. */
async function pass (ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += second) {
    await clock.advance(second)

    for (let turn = 0; turn < 5; turn++) {
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

describe('keepAlive', () => {
  it('keeps an idle connection open for three pings a minute', async () => {
    let sent = 0
    muxed(near)
    muxed(far)
    ;[near, far].forEach(connection => connection.addEventListener('message', () => { sent++ }))
    await pass(60 * 60 * second)

    expect([near.status, far.status]).toEqual(['open', 'open'])
    // each ping is two messages
    expect(sent / 60).toBeLessThan(6)
  })

  it('ends a connection whose other side is gone, within 45 s', async () => {
    muxed(far)
    await pass(45 * second)

    expect(far.status).toBe('aborted')
  })

  it('waits for a peer that takes a while to answer', async () => {
    const slow = new VirtualClock()
    muxed(far)
    await pass(35 * second)
    expect(far.status).toBe('open')

    muxed(near, slow)
    await pass(10 * second)
    expect(far.status).toBe('open')
  })

  it('pings a peer that is heard all the time and hears nothing itself', async () => {
    muxed(near)
    muxed(far)

    // a long body: one side sends, the other only listens
    for (let i = 0; i < 60; i++) {
      near.send(Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0))
      await pass(second)
    }

    expect([near.status, far.status]).toEqual(['open', 'open'])
  })

  it('has nothing to do any more once the connection is closed, or closes', async () => {
    muxed(near)
    muxed(far)
    await pass(second)
    await near.close()
    await pass(60 * second)

    expect(near.status).not.toBe('open')
    expect(clock.pending).toBe(0)
  })

  it('asks again after its own process was stopped, whatever the clock says', async () => {
    muxed(far)
    await pass(31 * second)
    clock.skip(60 * 60 * second)
    await pass(14 * second)
    // only now is it given the time to answer
    expect(far.status).toBe('open')

    muxed(near, new VirtualClock())
    await pass(10 * second)
    expect(far.status).toBe('open')
  })
})
