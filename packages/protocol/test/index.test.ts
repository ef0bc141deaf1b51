import { describe, expect, it } from 'vitest'
import * as constants from '../src/constants.ts'
import * as errors from '../src/errors.ts'
import * as published from '../src/index.ts'

/** What others can import. Taking something away breaks them; whatever is added here has to be kept. */
const NAMES = [
  // the service
  'StashProtocol', 'capacityOf', 'leaseSecondsOf', 'stashProtocol', 'storeOf',
  // what is signed, and in which order
  'NewestTable', 'newestOf', 'openHeader', 'openPlacement', 'order', 'pastOf', 'peerIdBytes', 'sealHeader', 'sealPlacement', 'supersedesOrIs', 'verifyBody',
  // audits
  'proofOf', 'sameProof',
  // the wire
  'Libp2pStashNetwork', 'checkForm', 'decodeRequest', 'decodeResponse', 'encodeRequest', 'encodeResponse',
  // the holder's side
  'CoHolders', 'Confidant', 'DatastoreStashStore', 'HeldStashes', 'MemoryStashStore', 'RateLimiter', 'ReservationClosedError', 'createHandler', 'createTrust',
  'detectMemoryMode', 'isLoopback', 'leaseLeft', 'registerHeldMetrics',
  // time, randomness, hashes
  'createSha256', 'deadlineSignal', 'shuffled', 'systemClock', 'systemRandom'
]

describe('@nara-stash/protocol', () => {
  it('exports what it means to', () => {
    const names = [...NAMES, ...Object.keys(constants), ...Object.keys(errors)]

    expect(Object.keys(published).sort()).toEqual(names.sort())
  })

  it('has errors that say their own names', () => {
    const classes = [...Object.entries(errors), ['ReservationClosedError', published.ReservationClosedError] as const]

    for (const [name, ErrorClass] of classes) {
      expect(new ErrorClass('')).toMatchObject({ name })
    }
  })
})
