import { systemClock } from '@nara-stash/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { Nara } from '../../src/nara-types.ts'

const COUNT = 20
const WANTED = 16

/** All of them share two cores with the rest of the tests: handshakes that cost milliseconds each wait for their turn. */
const TIME = 60_000

const loopback = new Loopback()
const connections = (nara: Nara): number => nara.stash.peers().filter(({ connected }) => connected).length

async function wellConnected (naras: readonly Nara[]): Promise<void> {
  await Promise.all(naras.map(async nara => {
    await until(nara.stash, ['peer:connect', 'peer:disconnect'], () => connections(nara) >= WANTED, `${WANTED} connections`, TIME)
  }))
}

describe('more naras than each needs to be connected to', () => {
  let later = 0
  const clock = { ...systemClock, now: () => systemClock.now() + later }
  let naras: [Nara, ...Nara[]]

  beforeAll(async () => {
    naras = await loopback.naras(COUNT, { clock })
    await wellConnected(naras)
  }, TIME)
  afterAll(async () => { await loopback.stop() }, TIME)

  it('each keep at least 16 connections, and not more than two to each other one', () => {
    naras.forEach(nara => {
      expect(connections(nara)).toBeGreaterThanOrEqual(WANTED)
      // both sides may have dialled at once
      expect(nara.libp2p.getConnections().length).toBeLessThanOrEqual(2 * (COUNT - 1))
    })
  })

  it('take in one who comes when all have long said hey-there', async () => {
    later = 600_000
    const late = await loopback.nara({ clock, bootstrap: naras[0].addresses })

    await wellConnected([late])
  }, TIME)
})
