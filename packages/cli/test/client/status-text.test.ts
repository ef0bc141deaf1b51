import { describe, expect, it } from 'vitest'
import { statusText } from '../../src/client/status-text.ts'
import type { DaemonStatus } from '../../src/api/types.ts'
import type { ConfidantStatus } from '@nara-stash/node'

const status: DaemonStatus = {
  peerId: '12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB',
  naraId: 'id',
  name: 'kiosk',
  state: 'settled',
  stash: { seq: '7', bytes: 204_800, sha256: 'ab'.repeat(32), updatedAt: '2026-01-02T03:04:05.000Z' },
  deleted: null,
  safe: false,
  pending: null,
  copies: { have: 1, minimum: 2, target: 3, keptUntil: null },
  confidants: [{ peerId: 'peer', name: 'bo\u001b[2J', since: '2026-01-02T03:04:05.000Z', state: 'suspect', pinned: true, keeps: 'on disk' }],
  held: { count: 1, limit: 20, bytes: 2048, byteLimit: 65_536, accepting: true, diskFull: false },
  recovery: { via: 'push', from: 'peer', confirmed: true, mayBeDeleted: false, undecided: 0, written: false, answered: 2, of: 3, doubt: null },
  twin: null,
  mdns: { working: true, interfaces: [{ name: 'eth0', family: 'IPv4' }] },
  addresses: ['/ip4/192.0.2.1/tcp/4001', '/ip4/127.0.0.1/tcp/4001'],
  setAside: [],
  listen: [],
  network: 'nara',
  pskFile: null,
  maxStash: 1024,
  peers: 3,
  pid: 42,
  socket: '/run/api.sock',
  version: '1.2.3',
  uptime: 3_700
}

describe('the status for people', () => {
  it('says how safe the stash is, where it came from, and who holds it', () => {
    expect(statusText(status)).toBe([
      'name       kiosk',
      'peer id    12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB',
      'state      settled: the stash is known, but not safe: too few confidants have it',
      'peers      3 connected',
      'recovered  pushed by peer, confirmed: 2 of 3 peers answered',
      'stash      version 7, 200 KiB, of 2026-01-02T03:04:05.000Z',
      `sha256     ${'ab'.repeat(32)}`,
      'copies     1 of 3, 2 make it safe',
      'holds      1 stash for others, 20 at most; 2 KiB of 64 KiB',
      'addresses  /ip4/192.0.2.1/tcp/4001',
      '           /ip4/127.0.0.1/tcp/4001',
      'daemon     process 42, up for 1 h 1 min',
      '',
      'CONFIDANT  NAME         STATE            KEEPS IT  AT LEAST UNTIL  SINCE',
      'peer       bo\\u{1b}[2J  suspect, pinned  on disk   -               2026-01-02T03:04:05.000Z',
      ''
    ].join('\n'))
  })

  it('does not sound safe while it is not', () => {
    const text = (have: number): string => statusText({ ...status, safe: have >= 2, copies: { have, minimum: 2, target: 3, keptUntil: null } })

    expect(text(0)).toContain('state      settled: the stash is known, but not safe: no confidant within reach has it, so it may be lost with this daemon\n')
    expect(text(0)).toContain('copies     0 of 3, 2 make it safe\n')
    expect(text(2)).toContain('state      settled: the stash is known\n')
    expect(text(2)).toContain('copies     2 of 3\n')
  })

  it.each([
    [2, [['192.168.1.7', 2]], '3 confidants have it, 2 of them behind 192.168.1.7: they count as one copy'],
    [1, [['192.168.1.7', 3]], '3 confidants have it, all behind 192.168.1.7: they count as one copy'],
    [2, [['192.168.1.7', 2], ['fe80::1', 3]], '5 confidants have it, 2 of them behind 192.168.1.7, 3 of them behind fe80::1: those behind one address count as one copy']
  ])('says that copies behind one address count as one: %j of %j', (have, places, line) => {
    const sameAddress = (places as Array<[string, number]>).map(([address, length]) => ({ address, peers: Array.from({ length }, (_, i) => `p${i}`) }))

    expect(statusText({ ...status, copies: { have, minimum: 2, target: 3, keptUntil: null, sameAddress } })).toContain(`           ${line}. To count each: nara-stash start --count-each\n`)
  })

  it('says until when it is kept at least, by each and by as many as make it safe', () => {
    const [confidant] = status.confidants as [ConfidantStatus]
    const text = statusText({
      ...status, safe: true, copies: { ...status.copies, have: 3, keptUntil: '2026-02-01T03:04:05.000Z' }, confidants: [{ ...confidant, keptUntil: '2027-02-06T03:04:05.000Z' }]
    })

    expect(text).toContain('copies     3 of 3, kept at least until 2026-02-01\n')
    expect(text).toContain('  2027-02-06      2026-01-02T03:04:05.000Z\n')
  })

  it('says that what came back may have been deleted', () => {
    expect(statusText({ ...status, recovery: { ...status.recovery, mayBeDeleted: true } })).toContain(
      '           it may have been deleted: all who have it were away for more than 14 days, and nobody within reach would know. To keep it, put it again\n')
  })

  it('says that there is a twin, and how many answered that there is nothing', () => {
    expect(statusText({ ...status, twin: { boot: 'ab'.repeat(8), seq: '9', since: '2026-01-02T03:04:05.000Z' } }))
      .toContain('twin       another process with this soul wrote version 9 (boot abababababababab), seen 2026-01-02T03:04:05.000Z. Run one of them only\n')
    expect(statusText({ ...status, state: 'empty', stash: null, recovery: { ...status.recovery, via: null, from: null } })).toContain('asked      2 of 3 peers answered\n')
  })

  it('says that no peer is connected, and where to look for the reason', () => {
    expect(statusText({ ...status, peers: 0 })).toContain('peers      no peer is connected; who was tried, and why it failed: nara-stash peers\n')
  })

  it('tells a stash that was deleted from one that nobody holds', () => {
    const empty = { ...status, state: 'empty' as const, stash: null }

    expect(statusText(empty)).toContain('state      empty: there is no stash of this nara: nobody who answered holds one\n')
    expect(statusText({ ...empty, deleted: { seq: '8' } })).toContain('state      empty: the stash of this nara was deleted, by its version 8\n')
  })

  it.each([
    [true, 'the disk has too little room: make some, or let less of it stay free (--keep-free)'],
    [false, 'that is all that this nara gives to others']
  ])('says that it takes nothing more of others, and why: diskFull is %j', (diskFull, why) => {
    expect(statusText({ ...status, held: { ...status.held, accepting: false, diskFull } })).toContain(
      `holds      1 stash for others, 20 at most; 2 KiB of 64 KiB\n           nobody else's is taken: ${why}\n`)
  })

  it('says why nobody can be found on the local network, and nothing where it works on one interface', () => {
    const problem = 'it is down\u0007'
    const interfaces = [{ name: 'eth0', family: 'IPv4' as const, problem }]

    expect(statusText({ ...status, mdns: { working: false, problem, interfaces } })).toContain('mDNS       finds nobody on this network: it is down\\u{7}\n')
    expect(statusText({ ...status, mdns: { working: true, interfaces } })).not.toContain('mDNS')
    expect(statusText({ ...status, mdns: null })).not.toContain('mDNS')
  })

  it('says what is doubtful, and what waits', () => {
    const records = [{ id: 'ff'.repeat(32), seq: '8', readable: false, holders: ['a\u0007', 'b'] }, { id: '00'.repeat(32), seq: '7', readable: true, holders: [], bytes: 5, createdAt: '2026-01-02T03:04:05.000Z' }]
    const text = statusText({
      ...status, state: 'doubtful', pending: 1024, recovery: { ...status.recovery, doubt: { reason: 'ROLLBACK_SUSPECTED', records, error: 'no\u0007' } }
    })

    expect(text).toContain('doubt      ROLLBACK_SUSPECTED: a newer version was seen than can be read. What can be done: nara-stash recover\n' +
      '           the merge function could not decide: no\\u{7}\n' +
      '           version 8, ffffffffffff, cannot be read, held by a\\u{7}, b\n')
    expect(text).toContain('version 7, 000000000000, can be read, 5 B, 2026-01-02T03:04:05.000Z, held by nobody within reach\n')
    expect(text).toContain('waiting    a write of 1 KiB waits until it is known what was stored before\n')
  })

  it.each([
    [{ readable: true, holders: ['a'] }, 'a newer version turned up than the one that is current here'],
    [{ readable: false, holders: ['a'] }, 'a newer version was seen than can be read'],
    [{ readable: false, holders: [] }, 'a newer version was seen than anybody within reach holds']
  ])('says of a newer version that is %j no more than is so', (newer, why) => {
    const records = [{ id: '00', seq: '9', readable: true, holders: ['b'] }, { id: 'ff', seq: '10', ...newer }]

    expect(statusText({ ...status, state: 'doubtful', recovery: { ...status.recovery, doubt: { reason: 'ROLLBACK_SUSPECTED', records } } }))
      .toContain(`doubt      ROLLBACK_SUSPECTED: ${why}. What can`)
  })
})
