import { createHash } from 'node:crypto'
import { formatSoul, naraId, soulFromSeed } from '@nara-stash/crypto'
import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { Copies } from '../src/services/replication/copies.ts'
import { PeerDirectory } from '../src/services/presence/peer-directory.ts'
import { peerStatuses, stashStatus } from '../src/status.ts'
import type { StashParts } from '../src/compose.ts'
import type { Presence } from '../src/presence-message.ts'

const soul = soulFromSeed(new Uint8Array(32).fill(3), 'alice')
const data = new TextEncoder().encode('hello')
const clock = new VirtualClock()

function presence (changes: Partial<Presence> = {}): Presence {
  return { kind: 'here', boot: 'x', n: 1, accepting: true, uptime: 7.6, maxBytes: 1, name: 'bob', ...changes }
}

/** As much of a nara as a status looks at. */
function parts (changes: { current?: object | undefined, confidants?: string[], soulless?: boolean } = {}): StashParts {
  const { confidants = [], soulless = false, current } = changes
  const copies = new Copies(clock)
  const directory = new PeerDirectory(clock)
  directory.heard('bob', presence())
  directory.heard('eve', presence({ name: 'eve', accepting: false, memory: 'low', state: 'settled' }))
  directory.located('found', ['address'])
  copies.watch('bob', { id: 'bob', connection: '', since: 0 })
  copies.acknowledged('bob', 'record', 'placement')
  copies.watch('away', undefined)

  return {
    self: 'self',
    soul: soulless ? undefined : soul,
    options: { target: 3, minCopies: 2, clock },
    network: { peers: () => [{ id: 'bob', connection: '', since: 0, address: '192.0.2.1' }, { id: 'mute', connection: '', since: 0 }] },
    directory,
    whyUnreachable: (id: string) => ['found', 'bob'].includes(id) ? 'connection refused' : undefined,
    held: { count: 4, bytes: 5_000, accepting: false, diskFull: true, capacity: { stashes: 20, bytes: 9_000 }, get: (id: string) => id === 'eve' ? {} : undefined },
    owning: soulless
      ? undefined
      : {
          owner: { state: 'settled', undecided: 0, written: true, pending: 12, recovered: { origin: { via: 'push', from: 'bob' }, confirmed: true }, doubt: null, tally: () => ({ answered: 2, of: 3 }) },
          own: { current, boot: 'ours' },
          replication: { confidants, pinned: ['away'], copies, keptUntil: (peer?: string) => peer === 'away' ? undefined : clock.now() + 1_000, counted: () => ({ have: 1, sameAddress: [{ address: '192.0.2.1', peers: ['bob', 'away'] }] }) }
        }
  } as unknown as StashParts
}

const version = { record: { id: 'record', seq: 2 ** 53 - 1, boot: 'ours' }, data, createdAt: 1_700_000_000_000 }

describe('the status of a stash', () => {
  it('holds what scripts rely on', () => {
    expect(stashStatus(parts({ current: version, confidants: ['bob', 'away'] }))).toStrictEqual({
      peerId: 'self',
      naraId: naraId(soul),
      name: 'alice',
      state: 'settled',
      stash: { seq: '9007199254740991', bytes: 5, sha256: createHash('sha256').update('hello').digest('hex'), updatedAt: '2023-11-14T22:13:20.000Z' },
      deleted: null,
      pending: 12,
      safe: false,
      copies: { have: 1, minimum: 2, target: 3, sameAddress: [{ address: '192.0.2.1', peers: ['bob', 'away'] }], keptUntil: '2023-11-14T22:13:21.000Z' },
      confidants: [
        { peerId: 'bob', name: 'bob', since: '2023-11-14T22:13:20.000Z', state: 'trusted', pinned: false, keeps: 'in memory', keptUntil: '2023-11-14T22:13:21.000Z' },
        { peerId: 'away', name: '', since: '2023-11-14T22:13:20.000Z', state: 'suspect', pinned: true }
      ],
      held: { count: 4, limit: 20, bytes: 5_000, byteLimit: 9_000, accepting: false, diskFull: true },
      recovery: { via: 'push', from: 'bob', confirmed: true, written: true, undecided: 0, mayBeDeleted: false, answered: 2, of: 3, doubt: null },
      twin: null
    })
  })

  it('says of what came from elsewhere that it was not written here, whatever was before', () => {
    expect(stashStatus(parts({ current: { ...version, record: { ...version.record, boot: 'another' } } })).recovery.written).toBe(false)
  })

  it('has no stash while none is known', () => {
    expect(stashStatus(parts())).toMatchObject({ stash: null, safe: null, copies: { have: 0 }, confidants: [] })
  })

  it('is that of an empty one for a nara without a soul', () => {
    expect(stashStatus(parts({ soulless: true }))).toMatchObject({
      naraId: '', name: '', state: 'empty', stash: null, pending: null, confidants: [], copies: { have: 0 }, held: { count: 4 },
      recovery: { via: null, from: null, confirmed: false, written: false, answered: 0, of: 0, doubt: null }
    })
  })

  it('tells each version\'s digest, and the same for the same', () => {
    const sha = (current: object): string | undefined => stashStatus(parts({ current })).stash?.sha256
    const other = { ...version, data: new Uint8Array(0) }

    expect(sha(version)).toBe(sha(version))
    expect(sha(other)).toBe(createHash('sha256').digest('hex'))
  })

  it('shows a date whatever clock wrote it', () => {
    const updatedAt = (createdAt: number): string | undefined => stashStatus(parts({ current: { ...version, createdAt } })).stash?.updatedAt

    expect(updatedAt(0)).toBe('1970-01-01T00:00:00.000Z')
    expect(updatedAt(Number.MAX_SAFE_INTEGER)).toBe('+275760-09-13T00:00:00.000Z')
  })

  it('holds no secret', () => {
    const text = JSON.stringify(stashStatus(parts({ current: version, confidants: ['bob'] })))

    for (const secret of [formatSoul(soul), Buffer.from(soul.seed).toString('hex'), Buffer.from(soul.seed).toString('base64')]) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('the status of the peers', () => {
  it('tells of everybody connected, heard of or relied on, once', () => {
    expect(peerStatuses(parts({ confidants: ['bob', 'away'] }))).toStrictEqual([
      { peerId: 'bob', name: 'bob', connected: true, address: '192.0.2.1', accepting: true, uptime: 8, confidant: true, held: false },
      { peerId: 'mute', name: '', connected: true, confidant: false, held: false },
      { peerId: 'eve', name: 'eve', connected: false, accepting: false, uptime: 8, memory: 'low', state: 'settled', confidant: false, held: true },
      { peerId: 'found', name: '', connected: false, lastError: 'connection refused', confidant: false, held: false },
      { peerId: 'away', name: '', connected: false, confidant: true, held: false }
    ])
  })

  it('tells nothing of what a peer said of itself once it is gone, until it is heard again', () => {
    const { directory, ...rest } = parts()
    const eve = (): object => peerStatuses({ directory, ...rest }).find(({ peerId }) => peerId === 'eve') ?? {}
    const gone = { peerId: 'eve', name: 'eve', connected: false, confidant: false, held: true }

    directory.parted('eve')
    expect(eve()).toStrictEqual(gone)
    directory.heard('eve', presence({ name: 'eve', n: 2, state: 'empty' }))
    expect(eve()).toMatchObject({ state: 'empty', accepting: true })
    directory.heard('eve', presence({ name: 'eve', n: 3, kind: 'chau' }))
    expect(eve()).toStrictEqual(gone)
    // who is connected may be heard no other way
    directory.parted('bob')
    expect(peerStatuses({ directory, ...rest })[0]).toMatchObject({ peerId: 'bob', connected: true, accepting: true })
  })

  it('has no confidants without a soul', () => {
    expect(peerStatuses(parts({ soulless: true })).filter(({ confidant }) => confidant)).toStrictEqual([])
  })
})
