import { describe, expect, it } from 'vitest'
import { eventsOf, named, world } from './world.ts'
import type { SimPort } from '../../src/index.ts'

describe('a machine\'s own clock', () => {
  it('jumps on: what was due meanwhile runs at once, the rest that much earlier, and nobody else notices', async () => {
    const { clock, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    const ran: string[] = []

    a.clock.setTimer(() => { ran.push(`later ${a.clock.now()}`) }, 30_000)
    a.clock.setTimer(() => { ran.push(`soon ${a.clock.now()}`) }, 5_000)
    const cancel = a.clock.setTimer(() => { ran.push('never') }, 6_000)
    a.clock.jump(20_000)
    cancel()
    await clock.advance(1)
    expect(ran.map(text => Math.round(Number(text.split(' ')[1])))).toEqual([20_000])
    await clock.advance(10_000)
    expect(ran.map(text => Math.round(Number(text.split(' ')[1])))).toEqual([20_000, 30_000])
    expect(b.clock.now()).toBe(10_001)
  })
})

describe('a suspended machine', () => {
  it('says and hears nothing, and is given up by the others', async () => {
    const { clock, net, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]
    const events = [eventsOf(a), eventsOf(b)]
    let ran = 0

    net.connect('a', 'b')
    a.serve(async () => ({ type: 'not-found' }))
    a.clock.setTimer(() => { ran++ }, 1_000)
    net.suspend('a', { lingerMs: 20_000 })
    await expect(clock.outcome(b.ask('a', { type: 'fetch', whole: false }))).rejects.toMatchObject(named('TimeoutError'))
    await clock.advance(60_000)
    expect(ran).toBe(0)
    expect(events).toEqual([['+b connection-1'], ['+a connection-1', '-a']])

    net.resume('a')
    expect(events[0]).toEqual(['+b connection-1', '-b'])
    expect(a.clock.now()).toBe(0)
    await clock.advance(1_001)
    expect(ran).toBe(1)
  })

  it('may find that its clock went on', async () => {
    const { clock, net, join } = world()
    const [a] = join('a') as [SimPort]
    let ran = 0

    a.clock.setTimer(() => { ran++ }, 1_000)
    net.suspend('a')
    await clock.advance(5_000)
    net.resume('a', { counted: true })
    await clock.advance(1)
    expect([ran, a.clock.now()]).toEqual([1, 5_001])
  })

  it('keeps the connections that nobody gave up', async () => {
    const { clock, net, join } = world()
    const [a, b] = join('a', 'b') as [SimPort, SimPort]

    net.connect('a', 'b')
    a.serve(async () => ({ type: 'not-found' }))
    net.suspend('a')
    await clock.advance(5_000)
    net.resume('a')
    expect(await clock.outcome(b.ask('a', { type: 'fetch', whole: false }))).toEqual({ type: 'not-found' })
    await clock.advance(60_000)
    expect(a.peers()).toHaveLength(1)
  })
})
