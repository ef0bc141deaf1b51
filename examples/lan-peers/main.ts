import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { createSoul } from '@nara-stash/crypto'
import { createNara } from '@nara-stash/node'

const say = (text: string): void => { console.log(`${Math.round(performance.now()).toString().padStart(6)} ms  ${text}`) }

type Nara = Awaited<ReturnType<typeof createNara>>

const connectedTo = ({ stash }: Nara): number => stash.peers().filter(({ connected }) => connected).length

/** One nara among those of this LAN, until Ctrl-C. */
async function stay (): Promise<void> {
  const nara = await createNara({ network: 'lan-peers' })
  say(`I am ${nara.name}, ${nara.addresses[0] ?? 'without an address'}; Ctrl-C ends me`)
  nara.stash.addEventListener('peer:connect', ({ detail: { peer, address } }) => { say(`met ${peer} at ${address ?? 'an unknown address'}`) })
  nara.stash.addEventListener('presence', ({ detail: { name, kind } }) => { say(`${name} says ${kind}`) })
  nara.stash.addEventListener('peer:disconnect', ({ detail: { name, peer } }) => { say(`lost ${name === '' ? peer : name}`) })
  await once(process, 'SIGINT')
  await nara.stop()
}

async function story (): Promise<void> {
  // nobody else on this LAN uses this name
  const network = `lan-peers-${randomBytes(8).toString('hex')}`
  const signal = AbortSignal.timeout(60_000)
  const others = await Promise.all(['bea', 'cleo', 'dora', 'emma'].map(async name => await createNara({ network, soul: createSoul({ name }), fresh: true })))

  await Promise.all(others.map(async nara => { await meets(nara, others.length - 1, signal) }))
  say(`${others.map(({ name }) => name).join(', ')} found each other; nobody was told an address`)

  const soul = createSoul({ name: 'ada' })
  const ada = await createNara({ network, soul, fresh: true })
  await meets(ada, others.length, signal)
  say('ada joins and is connected to all of them')

  const data = new TextEncoder().encode('found without an address, kept without a disk')
  const { outcome, copies } = await ada.stash.setStashData(data, { timeout: 10_000, signal })
  say(`ada put ${data.byteLength} bytes: ${outcome}, ${copies} copies so far`)

  if (outcome !== 'kept') {
    throw new Error(`the stash was not kept but ${outcome}`)
  }

  await ada.stop()
  say('ada is stopped')

  const back = await createNara({ network, soul })
  const state = await back.stash.whenSettled({ signal })
  const recovered = back.stash.getStashData()

  if (state !== 'settled' || recovered == null || !Buffer.from(recovered.data).equals(data)) {
    throw new Error(`the stash did not come back: ${state}`)
  }

  say(`ada is back: "${new TextDecoder().decode(recovered.data)}"`)
  await Promise.all([back, ...others].map(async nara => { await nara.stop() }))
}

/** Waits until `nara` is connected to so many others. */
async function meets (nara: Nara, count: number, signal: AbortSignal): Promise<void> {
  while (connectedTo(nara) < count) {
    await once(nara.stash, 'peer:connect', { signal }).catch(() => {
      throw new Error(`${nara.name} met ${connectedTo(nara)} of ${count} in time`)
    })
  }
}

try {
  await (process.argv[2] === 'stay' ? stay() : story())
} catch (err) {
  console.error(`failed: ${(err as Error).message}`)
  process.exitCode = 1
}

// what did not stop in an orderly way must not keep a failed story from ending
process.exit()
