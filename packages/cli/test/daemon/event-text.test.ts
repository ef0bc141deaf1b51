import { describe, expect, it } from 'vitest'
import { eventLog } from '../../src/daemon/event-log.ts'
import { eventText } from '../../src/daemon/event-text.ts'
import { fakeIo } from '../support/fake-io.ts'
import type { DaemonEvent } from '../../src/api/types.ts'

const time = '2026-01-02T03:04:05.678Z'
const peer = '12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB'
const name = 'bo\u001b\n'
const shown = 'bo\\u{1b}\\u{a} (…TXp8V4wB)'

const nothing = { kept: 0, handedOn: 0, withOwner: 0, left: [], own: null, deletion: null, waiting: 0, setAside: 0 }
const own = { outcome: 'unstored', seq: '2', bytes: 7, copies: 0, away: 0, minimum: 2, acknowledged: false } as const

const sayings: Array<[DaemonEvent, string | undefined]> = [
  [{ event: 'stash:state', time, state: 'settled', previous: 'searching' }, 'the stash is settled, was searching'],
  [{ event: 'stash:found', time, via: 'push', from: peer, seq: '1', bytes: 1024 }, 'a copy of the stash (1 KiB) was pushed by …TXp8V4wB'],
  [{ event: 'stash:recovered', time, via: 'fetch', from: peer, seq: '1', bytes: 3, confirmed: false, mayBeDeleted: false, answered: 1, of: 2 },
    'recovered version 1 (3 B) from …TXp8V4wB, unconfirmed by 1 of 2 peers'],
  [{ event: 'stash:recovered', time, via: 'fetch', from: peer, seq: '1', bytes: 3, confirmed: false, mayBeDeleted: true, answered: 1, of: 1 },
    'recovered version 1 (3 B) from …TXp8V4wB, unconfirmed by 1 of 1 peer; it may have been deleted: all who have it were away for more than 14 days, and nobody within reach would know'],
  [{ event: 'stash:copies', time, seq: '1', have: 1, minimum: 2, target: 3 }, 'version 1 is held by 1 of 3 confidants; 2 make it safe'],
  [{ event: 'stash:doubt', time, reason: 'CONFLICT', records: [] }, 'doubtful (CONFLICT): there are versions that do not know of each other; 0 versions seen. What can be done: nara-stash recover'],
  [{ event: 'stash:doubt', time, reason: 'CONFLICT', records: [], error: 'no\u0007' },
    'doubtful (CONFLICT): there are versions that do not know of each other; 0 versions seen; the merge function could not decide: no\\u{7}. What can be done: nara-stash recover'],
  [{ event: 'stash:twin', time, boot: 'ab\u001b', seq: '7', from: peer },
    'a twin: another process with this soul wrote version 7 (boot ab\\u{1b}, told by …TXp8V4wB). Run one of them only'],
  [{ event: 'stash:watermark', time, seq: '7' }, undefined],
  [{ event: 'stash:set-aside', time, bytes: 3, timestamp: 0 }, 'a version of 3 B was set aside'],
  [{ event: 'stash:set-aside', time, bytes: 3, timestamp: 0, why: 'no\u0007' }, 'a version of 3 B was set aside: no\\u{7}'],
  [{ event: 'confidant:add', time, peer, name }, `${shown} is a confidant`],
  [{ event: 'confidant:remove', time, peer, name, why: 'gone\u0007' }, `${shown} is no confidant any more: gone\\u{7}`],
  [{ event: 'confidant:state', time, peer, name, state: 'suspect' }, `confidant ${shown} is suspect`],
  [{ event: 'held:stored', time, owner: peer, name, seq: '2', bytes: 3 }, `holds version 2 (3 B) for ${shown}`],
  [{ event: 'held:failed', time, owner: peer, name, why: 'no space\u0007' }, `what keeps the copies failed, for ${shown}: no space\\u{7}`],
  [{ event: 'held:refused', time, owner: peer, name, reason: 'too large' }, `refused to hold for ${shown}: too large`],
  [{ event: 'held:disk', time, full: true }, 'the disk has too little room to hold more for others: make room there, or let less of it stay free (--keep-free)'],
  [{ event: 'held:disk', time, full: false }, 'the disk has room again to hold more for others'],
  [{ event: 'held:dropped', time, owner: peer, name, why: 'lease' }, `holds nothing for ${shown} any more: lease`],
  [{ event: 'held:pushed', time, owner: peer, name: '', seq: '2', outcome: 'taken' }, 'offered …TXp8V4wB its version 2: taken'],
  [{ event: 'held:repaired', time, owner: peer, name, to: peer, why: 'lost\u0007' }, `gave …TXp8V4wB a copy for ${shown}: lost\\u{7}`],
  [{ event: 'held:audited', time, owner: peer, name, peer, verdict: 'proved' }, undefined],
  [{ event: 'held:audited', time, owner: peer, name, peer, verdict: 'missing' }, `…TXp8V4wB was asked to prove its copy for ${shown}: missing`],
  [{ event: 'held:leaving', time, owner: peer, name, outcome: 'handedOn' }, `${shown}: its stash is as safe without this nara`],
  [{ event: 'held:leaving', time, owner: peer, name, outcome: 'left' }, `${shown}: of its stash no other copy is known to be safe`],
  [{ event: 'leave', time, ...nothing }, undefined],
  [{ event: 'leave', time, ...nothing, kept: 1 }, 'keeps 1 stash for others on its disk; it is here again at the next start'],
  [{ event: 'leave', time, ...nothing, kept: 2, handedOn: 1, left: [peer] },
    'keeps 2 stashes for others on its disk; they are here again at the next start; handed on 1 stash; of those of …TXp8V4wB no other copy is known to be safe'],
  [{ event: 'leave', time, ...nothing, own: { ...own, outcome: 'kept', copies: 1, away: 1 } }, undefined],
  [{ event: 'leave', time, ...nothing, own: { ...own, outcome: 'degraded', away: 1 } }, 'version 2 (7 B) is held by 1 confidant only, away with a disk; 2 make it safe'],
  [{ event: 'leave', time, ...nothing, handedOn: 2 }, 'handed on 2 stashes'],
  [{ event: 'leave', time, ...nothing, withOwner: 1 }, 'left to its owner, who is here: 1'],
  [{ event: 'leave', time, ...nothing, handedOn: 1, withOwner: 2 }, 'handed on 1 stash; left to their owners, who are here: 2'],
  [{ event: 'leave', time, ...nothing, own: { ...own, outcome: 'kept', copies: 2 } }, undefined],
  [{ event: 'leave', time, ...nothing, own, waiting: 1 }, 'version 2 (7 B) is held by nobody within reach, and nobody is known to have it\n1 write was still waiting: it is lost'],
  [{ event: 'leave', time, ...nothing, own: { ...own, outcome: 'degraded', copies: 1 }, waiting: 2 },
    'version 2 (7 B) is held by 1 confidant only; 2 make it safe\n2 writes were still waiting: they are lost'],
  [{ event: 'leave', time, ...nothing, own: { ...own, acknowledged: true } }, 'version 2 (7 B) is held by nobody within reach: it comes back if one of those who took it does'],
  [{ event: 'leave', time, ...nothing, setAside: 1 }, '1 write was set aside: it is lost'],
  [{ event: 'leave', time, ...nothing, waiting: 1, setAside: 2 }, '1 write was still waiting: it is lost\n2 writes were set aside: they are lost'],
  [{ event: 'leave', time, ...nothing, deletion: { seq: '3', told: 0 } }, 'the deletion (version 3) was told to nobody: who was away may still have a copy'],
  [{ event: 'leave', time, ...nothing, deletion: { seq: '3', told: 1 } }, 'the deletion (version 3) was told to 1 peer: who was away may still have a copy'],
  [{ event: 'leave', time, ...nothing, handedOn: 1, left: [peer, 'a\u0007'] }, 'handed on 1 stash; of those of …TXp8V4wB, a\\u{7} no other copy is known to be safe'],
  [{ event: 'mdns', time, working: false, problem: 'no\u0007' }, 'mDNS finds nobody on this network: no\\u{7}'],
  [{ event: 'mdns', time, working: true }, 'mDNS works again'],
  [{ event: 'peer:connect', time, peer, name, address: '192.0.2.1' }, `met ${shown} at 192.0.2.1`],
  [{ event: 'peer:disconnect', time, peer, name }, `lost ${shown}`],
  [{ event: 'peer:unreachable', time, peer, name, addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${peer}`], why: 'connection refused' },
    `cannot reach /ip4/192.0.2.1/tcp/1/p2p/${peer}: connection refused`],
  [{ event: 'peer:unreachable', time, peer, name, addresses: ['/ip4/192.0.2.1/tcp/1\u0007', '/ip4/192.0.2.2/tcp/1', '/ip4/192.0.2.3/tcp/1'], why: 'no\u0007' },
    `cannot reach /ip4/192.0.2.1/tcp/1\\u{7}/p2p/${peer}, /ip4/192.0.2.2/tcp/1/p2p/${peer}, 1 more: no\\u{7}`],
  [{ event: 'presence', time, peer, name, kind: 'chau', boot: 'b' }, `${shown} says chau`],
  [{ event: 'presence', time, peer, name, kind: 'here', boot: 'b' }, undefined],
  [{ event: 'missed', time, events: 1 }, '1 event not shown: the output was read too slowly'],
  [{ event: 'stopping', time, why: 'SIGINT' }, 'stops: SIGINT'],
  [{ event: 'stopped', time }, 'stopped']
]

describe('an event for people', () => {
  it.each(sayings)('%s', (event, text) => {
    expect(eventText(event)).toBe(text)
  })
})

describe('the log', () => {
  it('has a time on each line, and none for what is only noise', () => {
    const io = fakeIo()
    const log = eventLog(io.out, false)

    sayings.slice(-5).forEach(([event]) => { log(event) })
    expect(io.stdout.toString().replaceAll(/^\d\d:\d\d:05\.678 {2}/gm, '')).toBe(
      `${shown} says chau\n1 event not shown: the output was read too slowly\nstops: SIGINT\nstopped\n`)
  })

  it('tells people once that a peer was met, until it is lost; JSON has each connection', () => {
    const met = (id: string): DaemonEvent => ({ event: 'peer:connect', time, peer: id, name: '', address: '192.0.2.1' })
    const events = [met('a'), met('a'), met('b'), met('a'), { event: 'peer:disconnect', time, peer: 'a', name: '' }, met('a'), met('a')] as const
    const lines = (json: boolean): string[] => {
      const io = fakeIo()

      events.forEach(eventLog(io.out, json))

      return io.stdout.toString().trimEnd().split('\n').map(line => line.replace(/^\S+ {2}/, ''))
    }

    expect(lines(false)).toEqual(['met a at 192.0.2.1', 'met b at 192.0.2.1', 'lost a', 'met a at 192.0.2.1'])
    expect(lines(true)).toHaveLength(7)
  })

  it('tells people of a hey-there once in each boot of a peer, and of a doubt when it changes; JSON has all', () => {
    const heyThere = (id: string, boot: string): DaemonEvent => ({ event: 'presence', time, peer: id, name: '', kind: 'hey-there', boot })
    const doubt = (seq: string): DaemonEvent => ({ event: 'stash:doubt', time, reason: 'CONFLICT', records: [{ id: 'ab', seq, readable: false, holders: [] }] })
    const events: DaemonEvent[] = [
      heyThere('a', '1'), heyThere('a', '1'), heyThere('b', '1'), heyThere('a', '2'), heyThere('b', '1'),
      doubt('1'), doubt('1'), { event: 'stash:state', time, state: 'doubtful', previous: 'searching' }, doubt('1'), doubt('2'),
      { event: 'stash:state', time, state: 'settled', previous: 'doubtful' }, doubt('2')
    ]
    const lines = (json: boolean): string[] => {
      const io = fakeIo()

      events.forEach(eventLog(io.out, json))

      return io.stdout.toString().trimEnd().split('\n')
    }

    expect(lines(false).map(line => /a says|b says|doubtful \(|is \w+, was/.exec(line)?.[0])).toEqual([
      'a says', 'b says', 'a says', 'doubtful (', 'is doubtful, was', 'doubtful (', 'is settled, was', 'doubtful ('
    ])
    expect(lines(true)).toHaveLength(events.length)
  })

  it('counts what a reader was too slow for, and tells it', () => {
    const io = fakeIo()
    let backlog = 2 ** 21
    const log = eventLog(Object.defineProperty(io.out, 'backlog', { get: () => backlog }), true)

    log({ event: 'stopping', time, why: 'a' })
    log({ event: 'stopping', time, why: 'b' })
    expect(io.stdout).toHaveLength(0)
    backlog = 0
    log({ event: 'stopped', time })
    expect(io.stdout.toString()).toBe(`{"event":"missed","time":"${time}","events":2}\n{"event":"stopped","time":"${time}"}\n`)
  })
})
