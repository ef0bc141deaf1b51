import { VirtualClock } from '@nara-stash/testing'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { LARGEST_MAX_STASH, MAX_BODIES_IN_FLIGHT, MAX_PENALIZED_PEERS, maxBodyLength } from '../../src/constants.ts'
import { deadlineSignal } from '../../src/deadline.ts'
import { BodyBudget } from '../../src/wire/body-budget.ts'
import { Gate } from '../../src/wire/gate.ts'
import { Penalties } from '../../src/wire/penalties.ts'
import { remoteAddress, remoteHost } from '../../src/wire/remote-address.ts'

describe('deadlineSignal', () => {
  it('aborts at its time with a TimeoutError', async () => {
    const clock = new VirtualClock()
    const { signal } = deadlineSignal(clock, 1_000)
    await clock.advance(999)
    expect(signal.aborted).toBe(false)
    await clock.advance(1)

    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('is extended from its beginning', async () => {
    const clock = new VirtualClock()
    const deadline = deadlineSignal(clock, 1_000)
    await clock.advance(600)
    deadline.extend(2_000)
    await clock.advance(1_399)
    expect(deadline.signal.aborted).toBe(false)
    await clock.advance(1)

    expect(deadline.signal.aborted).toBe(true)
  })

  it('aborts with the other signal, for its reason, also if that has aborted already', () => {
    const controller = new AbortController()
    const clock = new VirtualClock()
    const deadline = deadlineSignal(clock, 1_000, controller.signal)
    controller.abort(new RangeError('enough'))

    expect(deadline.signal.reason).toBeInstanceOf(RangeError)
    expect(deadlineSignal(clock, 1_000, controller.signal).signal.reason).toBeInstanceOf(RangeError)
  })

  it('leaves nothing behind when it is cleared', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const deadline = deadlineSignal(clock, 1_000, controller.signal)
    deadline.clear()
    controller.abort()

    expect(clock.pending).toBe(0)
    expect(deadline.signal.aborted).toBe(false)
  })

  it('expires for a reason of its own', () => {
    const deadline = deadlineSignal(new VirtualClock(), 1_000)
    deadline.expire(new RangeError('too slow'))

    expect(deadline.signal.reason).toBeInstanceOf(RangeError)
  })
})

describe('BodyBudget', () => {
  it('is shared, and what is released can be reserved again', () => {
    const budget = new BodyBudget(100)
    const release = budget.reserve(60)
    expect(budget.reserve(41)).toBeUndefined()
    expect(budget.reserve(40)).toBeDefined()
    release?.()
    release?.()

    expect(budget.inFlight).toBe(40)
    expect(budget.reserve(60)).toBeDefined()
  })

  it('has room for the largest body there may be when no other is in flight, and for none above it', () => {
    const largest = maxBodyLength(LARGEST_MAX_STASH)
    expect(largest).toBeGreaterThan(MAX_BODIES_IN_FLIGHT)

    const budget = new BodyBudget()
    expect(budget.reserve(largest + 1)).toBeUndefined()
    const release = budget.reserve(largest)
    expect(release).toBeDefined()
    expect(budget.reserve(1)).toBeUndefined()
    release?.()
    budget.reserve(1)
    expect(budget.reserve(largest)).toBeUndefined()
  })

  it('leaves room for others, however many bodies one peer sends at once', () => {
    const budget = new BodyBudget(100)
    expect(budget.reserve(20, 'many')).toBeDefined()
    const release = budget.reserve(30, 'many')
    expect(budget.reserve(1, 'many')).toBeUndefined()
    expect(budget.reserve(50, 'one')).toBeDefined()
    release?.()
    expect(budget.reserve(30, 'many')).toBeDefined()
  })

  it('takes a single body of one peer that has more than its share', () => {
    const budget = new BodyBudget(100)
    expect(budget.reserve(90, 'large')).toBeDefined()
    expect(budget.reserve(10, 'other')).toBeDefined()
  })
})

describe('Gate', () => {
  const { signal } = new AbortController()

  it('lets in as many as may, the others in their order', async () => {
    const gate = new Gate(2)
    const order: number[] = []
    const ways = await Promise.all([gate.enter(signal), gate.enter(signal)])
    const waiting = [3, 4].map(async n => {
      const leave = await gate.enter(signal)
      order.push(n)
      leave()
    })

    expect(order).toEqual([])
    ways[0]?.()
    await Promise.all(waiting)
    expect(order).toEqual([3, 4])
    expect(gate.idle).toBe(false)
    ways[1]?.()
    expect(gate.idle).toBe(true)
  })

  it('loses no place to somebody who gives up waiting', async () => {
    const gate = new Gate(1)
    const leave = await gate.enter(signal)
    const controller = new AbortController()
    const impatient = gate.enter(controller.signal)
    const patient = gate.enter(signal)
    controller.abort()
    await expect(impatient).rejects.toMatchObject({ name: 'AbortError' })
    leave();
    (await patient)()

    expect(gate.idle).toBe(true)
  })

  it('passes a turn on that came as its owner gave up', async () => {
    const gate = new Gate(1)
    const leave = await gate.enter(signal)
    const controller = new AbortController()
    const impatient = gate.enter(controller.signal)
    const patient = gate.enter(signal)
    controller.abort()
    leave()
    await expect(impatient).rejects.toMatchObject({ name: 'AbortError' });
    (await patient)()

    expect(gate.idle).toBe(true)
  })
})

describe('Penalties', () => {
  it('forgive a slip, shut out who goes on, and let it back in after a minute', async () => {
    const clock = new VirtualClock()
    const penalties = new Penalties(clock)
    penalties.add('a')
    penalties.add('a')
    expect(penalties.shutOut('a')).toBe(false)
    penalties.add('a')
    expect(penalties.shutOut('a')).toBe(true)
    expect(penalties.shutOut('b')).toBe(false)
    await clock.advance(59_999)
    expect(penalties.shutOut('a')).toBe(true)
    await clock.advance(1)
    expect(penalties.shutOut('a')).toBe(false)
    penalties.add('a')
    expect(penalties.shutOut('a')).toBe(true)
  })

  it('remember no more than so many peers', () => {
    const penalties = new Penalties(new VirtualClock())

    for (const peer of ['first', 'first', 'first', ...Array.from({ length: MAX_PENALIZED_PEERS }, (_, i) => `${i}`)]) {
      penalties.add(peer)
    }

    expect(penalties.shutOut('first')).toBe(false)
  })
})

describe('remoteAddress', () => {
  it.each([
    ['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5', '192.0.2.7'],
    ['/ip6/2001:db8::1/udp/4001/quic-v1', '2001:db8::1'],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/4001', 'fe80::1'],
    ['/ip6/::ffff:192.0.2.7/tcp/4001', '192.0.2.7'],
    ['/ip6/::ffff:c000:207/tcp/4001', '192.0.2.7'],
    ['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5/p2p-circuit', undefined],
    ['/memory/1', undefined]
  ])('of %s is %s', (addr, ip) => {
    expect(remoteAddress(multiaddr(addr))).toBe(ip)
  })
})

describe('remoteHost', () => {
  const own = [multiaddr('/ip4/127.0.0.1/tcp/4001'), multiaddr('/ip4/192.0.2.7/tcp/4001')]

  it.each([
    ['/ip4/192.0.2.7/tcp/51000', '127.0.0.1'],
    ['/ip6/::ffff:192.0.2.7/tcp/51000', '127.0.0.1'],
    ['/ip4/192.0.2.8/tcp/51000', '192.0.2.8'],
    ['/ip4/127.0.0.2/tcp/51000', '127.0.0.2'],
    ['/memory/1', undefined]
  ])('of %s is %s on a machine with 192.0.2.7', (addr, host) => {
    expect(remoteHost(multiaddr(addr), own)).toBe(host)
  })
})
