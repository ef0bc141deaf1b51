import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createSoul, formatSoul, parseSoul } from '@nara-stash/crypto'
import { privateKeyFromSoul, stash } from '@nara-stash/node'
import { stashProtocol } from '@nara-stash/protocol'
import { createLibp2p } from 'libp2p'
import type { Soul } from '@nara-stash/crypto'

const say = (text: string): void => { console.log(`${Math.round(performance.now()).toString().padStart(6)} ms  ${text}`) }

/** What an application's node has anyway. */
const ownSettings = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  // a window below the stream's read buffer of 4 MiB, or a large stash that has to wait would be reset
  streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 2 << 20 } })]
}

/** A node with a stash of its own, which is a confidant to others as well. */
const nodeWithStash = async (soul: Soul, fresh: boolean) => await createLibp2p({
  ...ownSettings,
  privateKey: privateKeyFromSoul(soul),
  services: {
    identify: identify(),
    pubsub: gossipsub(),
    stash: stash({ soul, fresh })
  }
})

/** A node that holds for others and has no stash: no soul needed. */
const confidant = async () => await createLibp2p({
  ...ownSettings,
  services: {
    identify: identify(),
    stash: stashProtocol()
  }
})

const bob = await nodeWithStash(createSoul({ name: 'bob' }), true)
const carol = await confidant()
const dave = await confidant()
const others = [bob, carol, dave]
say('bob, carol and dave are up; carol and dave have stashProtocol() and identify, nothing else')

const soul = createSoul({ name: 'alice' })
const alice = await nodeWithStash(soul, true)
const id = alice.peerId.toString()
await Promise.all(others.map(async other => await alice.dial(other.getMultiaddrs())))
say('alice is up and connected to them')

const state = new TextEncoder().encode(JSON.stringify({ mood: 'curious', knows: ['bob', 'carol', 'dave'] }))
const { outcome, copies } = await alice.services.stash.setStashData(state, { timeout: 5_000 })
say(`alice put ${state.byteLength} bytes: ${outcome}, ${copies} copies so far`)

if (outcome !== 'kept') {
  throw new Error('the stash was not kept')
}

const keepers = [['bob', bob], ['carol', carol], ['dave', dave]] as const
say(`held for her by ${keepers.filter(([, node]) => node.services.stash.hasStashFor(id)).map(([name]) => name).join(', ')}: ciphertext, which none of them can read`)

const kept = formatSoul(soul)
await alice.stop()
say(`alice is gone; what is left of her is her soul, ${kept.length} characters`)

const again = await nodeWithStash(parseSoul(kept, { name: 'alice' }), false)
again.services.stash.addEventListener('stash:found', ({ detail }) => { say(`her stash came ${detail.via === 'push' ? 'by itself: a confidant pushed it' : 'when she asked'}`) })
await Promise.all(others.map(async other => await again.dial(other.getMultiaddrs())))
const settled = await again.services.stash.whenSettled({ signal: AbortSignal.timeout(30_000) })
const back = again.services.stash.getStashData()

if (settled !== 'settled' || back == null || !Buffer.from(back.data).equals(state)) {
  throw new Error(`her stash did not come back: ${settled}`)
}

say(`alice is back: ${new TextDecoder().decode(back.data)}`)
await Promise.all([again, ...others].map(async node => { await node.stop() }))
