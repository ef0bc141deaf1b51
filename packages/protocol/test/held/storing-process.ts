/**
 * Stores ever newer records of one owner over a LevelDatastore, or in files, every third of them a tombstone, and prints the seq of each once it is
 * acknowledged, until it is killed. It runs on the built package, as a process of its own.
 */
import { createHash } from 'node:crypto'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { LevelDatastore } from 'datastore-level'
import { systemClock } from '../../dist/clock.js'
import { fileStore } from '../../dist/file-store.js'
import { DatastoreStashStore } from '../../dist/held/datastore-store.js'
import { HeldStashes } from '../../dist/held/held-stashes.js'
import { sealHeader } from '../../dist/record/header.js'
import { NewestTable } from '../../dist/record/newest-table.js'
import { sealPlacement } from '../../dist/record/placement.js'

const [folder = '', seed = '1', bytes = '1', where = 'level'] = process.argv.slice(2)
const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(Number(seed)))
const clock = systemClock


async function level (): Promise<DatastoreStashStore> {
  const datastore = new LevelDatastore(folder)
  await datastore.open()

  return new DatastoreStashStore({ datastore, clock })
}

const capacity = { stashes: 5, bytes: 2 ** 24, maxStash: 2 ** 20 }
const held = new HeldStashes({ capacity, clock, newest: new NewestTable(), store: where === 'level' ? await level() : fileStore(folder) })
await held.start()

const placement = await sealPlacement(
  { version: 1, holders: [], target: 3, minCopies: 2, surrogates: 'any', allowed: [], leaseSeconds: 600 }, key)
const owner = peerIdFromPrivateKey(key).toString()
const found = (held.get(owner) ?? held.tombstone(owner))?.record.seq ?? 0

for (let seq = found + 1; ; seq++) {
  const kind = seq % 3 === 0 ? 'tombstone' : 'data'
  const body = new Uint8Array(kind === 'data' ? Number(bytes) : 0).fill(seq)
  const record = await sealHeader({
    kind,
    boot: '0000000000000001',
    seq,
    past: [],
    bodyLength: body.length,
    bodyDigest: kind === 'data' ? createHash('sha256').update(body).digest('hex') : ''
  }, key)
  const answer = await held.admit({ record, placement, direct: true, exempt: true, leaseRemaining: 600, liveHolders: [] })

  const outcome = answer.type === 'admitted' ? await answer.commit(body) : answer

  if (outcome.type !== 'stored') {
    throw new Error(`${seq} was not stored: ${outcome.type}`)
  }

  process.stdout.write(`${seq}\n`)
}
