import { createSoul } from '@nara-stash/crypto'
import { generateKey } from '@libp2p/pnet'
import { afterEach, describe, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

function networkKey (): Uint8Array {
  const key = new Uint8Array(95)
  generateKey(key)

  return key
}

describe('a private network', () => {
  it('connects those who have its key, who keep each other\'s stashes', async () => {
    const psk = networkKey()
    const soul = createSoul()
    const [hub] = await loopback.naras(3, { psk })
    const owner = await loopback.nara({ psk, soul, fresh: true, bootstrap: hub.addresses })
    expect(await owner.stash.setStashData(Uint8Array.of(1), { timeout: 45_000 })).toMatchObject({ outcome: 'kept' })
    await until(owner.stash, 'stash:copies', () => owner.stash.status().copies.have === 3)
    await loopback.end(owner)

    const back = await loopback.nara({ psk, soul, bootstrap: hub.addresses })
    expect(await back.stash.whenSettled()).toBe('settled')
  })

  it('keeps out who has another key, or none', async () => {
    const [hub, member] = await loopback.naras(2, { psk: networkKey() })
    const strangers = [await loopback.nara({ psk: networkKey(), minConnections: 0 }), await loopback.nara({ minConnections: 0 })]

    // bytes of another key make no sense, so each side waits in vain for the rest of a handshake
    await Promise.all(strangers.flatMap(stranger => [
      expect(stranger.libp2p.dial(hub.libp2p.getMultiaddrs())).rejects.toThrow(),
      expect(hub.libp2p.dial(stranger.libp2p.getMultiaddrs())).rejects.toThrow()
    ]))
    expect(strangers.map(stranger => stranger.libp2p.getConnections().length)).toEqual([0, 0])
    await until(hub.stash, 'peer:connect', () => hub.stash.peers().some(({ connected }) => connected))
    expect(hub.libp2p.getPeers().map(String)).toEqual([member?.peerId])
  })
})
