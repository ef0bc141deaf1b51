import { createSoul } from '@nara-stash/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { Nara } from '../../src/nara-types.ts'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

const connectedTo = (nara: Nara): string[] => nara.stash.peers().flatMap(({ peerId, connected }) => connected ? [peerId] : [])

/** Every one of these naras is connected to every other. */
async function allConnected (naras: readonly Nara[]): Promise<void> {
  await Promise.all(naras.map(async nara => {
    const others = naras.filter(other => other !== nara).map(({ peerId }) => peerId)

    await until(nara.stash, ['peer:connect', 'peer:disconnect'], () => others.every(other => connectedTo(nara).includes(other)), `${nara.name} meets all`)
  }))
}

describe('naras that have one bootstrap peer in common and nothing else', () => {
  it('all connect to each other', async () => {
    const naras = await loopback.naras(6)

    await allConnected(naras)

    expect(naras.map(nara => connectedTo(nara).length)).toEqual([5, 5, 5, 5, 5, 5])
  })

  it('take in those who come later', async () => {
    const naras = await loopback.naras(4)
    await allConnected(naras)

    const late = await loopback.nara({ bootstrap: naras[0].addresses })
    await allConnected([...naras, late])
    const later = await loopback.nara({ bootstrap: naras[0].addresses })
    await allConnected([...naras, late, later])
  })

  it('find each other again through a bootstrap peer that restarted', async () => {
    const soul = createSoul({ name: 'hub' })
    const hub = await loopback.nara({ soul })
    const { addresses } = hub
    const members = await Promise.all(Array.from({ length: 4 }, async () => await loopback.nara({ bootstrap: addresses })))
    await allConnected([hub, ...members])

    await loopback.end(hub)
    await Promise.all(members.map(async ({ stash }) => { await until(stash, 'peer:disconnect', () => !stash.peers().some(({ peerId, connected }) => peerId === hub.peerId && connected)) }))
    const again = await loopback.nara({ soul, listen: addresses.map(address => address.replace(/\/p2p\/.*/, '')) })
    expect(again.addresses).toEqual(addresses)

    const late = await loopback.nara({ bootstrap: addresses })
    await allConnected([again, ...members, late])
  })
})
