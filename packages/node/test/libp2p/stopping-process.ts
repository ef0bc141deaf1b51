/** Starts naras, has them do what they do, stops them, and ends without process.exit. */
import { createNara } from '@nara-stash/node'

const options = { listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false }
const hub = await createNara(options)
const others = await Promise.all([1, 2].map(async () => await createNara({ ...options, bootstrap: hub.addresses })))
const owner = await createNara({ ...options, bootstrap: hub.addresses })
const { outcome } = await owner.stash.setStashData(Uint8Array.of(1), { timeout: 30_000 })
console.log(outcome)

// the second is stopped while a write is under way, and all of them at once
const [one] = others
void one?.stash.setStashData(new Uint8Array(1_000_000), { timeout: 30_000 })
await Promise.all([hub, owner, ...others].map(async nara => { await nara.stop() }))
console.log('stopped')
