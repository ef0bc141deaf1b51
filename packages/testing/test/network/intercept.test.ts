import { beforeAll, describe, expect, it } from 'vitest'
import { sealedPlacement, sealedRecord, storeRequest } from '../../src/index.ts'
import { named, world } from './world.ts'
import type { World } from './world.ts'
import type { SimPort } from '../../src/index.ts'
import type { StoreRequest } from '@nara-stash/protocol'

let store: StoreRequest

beforeAll(async () => {
  store = storeRequest(await sealedRecord({ body: new Uint8Array(20_000).fill(1) }), await sealedPlacement())
})

/** Two connected peers; `b` keeps what it is given. */
function pair (): World & { a: SimPort, kept: Uint8Array[] } {
  const it = world()
  const [a, b] = it.join('a', 'b') as [SimPort, SimPort]
  const kept: Uint8Array[] = []
  it.net.connect('a', 'b')

  b.serve(async () => ({
    type: 'send',
    receive: async (body) => {
      kept.push(body)

      return { type: 'stored' }
    },
    abandon: () => {}
  }))

  return { ...it, a, kept }
}

describe('intercept', () => {
  it('a liar: the honest handler never sees the request', async () => {
    const { clock, net, a, kept } = pair()
    net.intercept((from, to, request, next) => to === 'b' && request.type === 'store' ? { type: 'stored' } : next())

    expect(await clock.outcome(a.ask('b', store))).toEqual({ type: 'stored' })
    expect(kept).toEqual([])
  })

  it('a forger: the honest handler gets another request', async () => {
    const { clock, net, a, kept } = pair()
    net.intercept((from, to, request, next) => next({ ...store, body: new Uint8Array(20_000) }))

    await clock.outcome(a.ask('b', store))
    expect(kept).toEqual([new Uint8Array(20_000)])
  })

  it('a slow one: the answer comes later', async () => {
    const { clock, net, a } = pair()
    net.intercept(async (from, to, request, next) => {
      await new Promise<void>((resolve) => { clock.setTimer(resolve, 5_000) })

      return await next()
    })

    expect(await clock.outcome(a.ask('b', store))).toEqual({ type: 'stored' })
    expect(clock.now()).toBe(5_040)
  })

  it('one who never answers: TimeoutError; one who resets: UnreachableError', async () => {
    const { clock, net, a, kept } = pair()
    const remove = net.intercept(async (from, to, request, next) => {
      await next()

      return undefined
    })

    await expect(clock.outcome(a.ask('b', store))).rejects.toMatchObject(named('TimeoutError'))
    expect(kept).toHaveLength(1)
    remove()

    net.intercept(() => { throw new Error('reset') })
    await expect(clock.outcome(a.ask('b', store))).rejects.toMatchObject(named('UnreachableError'))
    expect(kept).toHaveLength(1)
  })

  it('the last one is asked first, and each can be taken away', async () => {
    const { clock, net, a } = pair()
    const log: string[] = []
    const logging = (name: string): () => void => net.intercept(async (from, to, request, next) => {
      log.push(`${name}: ${from} asks ${to} to ${request.type}`)

      return await next()
    })
    const removeFirst = logging('first')
    logging('second')

    await clock.outcome(a.ask('b', store))
    removeFirst()
    removeFirst()
    await clock.outcome(a.ask('b', store))

    expect(log).toEqual(['second: a asks b to store', 'first: a asks b to store', 'second: a asks b to store'])
  })
})
