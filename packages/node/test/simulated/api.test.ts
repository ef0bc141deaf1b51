import { inspect } from 'node:util'
import { formatSoul, soulToWords } from '@nara-stash/crypto'
import { createSha256, sealHeader } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import { apart } from './cut-short.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { OwningParts } from '../../src/compose.ts'
import type { Nara } from './world.ts'
import type { HeldStash } from '@nara-stash/protocol'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data)
const named = (name: string): object => ({ name })

/** Nobody answers what `type` asks of `nara`. */
function mute (world: World, nara: Nara, type: 'store' | 'fetch'): () => void {
  return world.net.intercept((_from, to, request, next) => to === nara.id && request.type === type ? undefined : next())
}

describe('storeWith', () => {
  it('makes the data the current stash, the peer a confidant, and the others follow', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(5)
    await kept(world, owner, 'one')
    const other = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    await world.of(owner.stash.storeWith(other.id, bytes('two')))

    expect(other.holds(owner)).toBe(owner.process.parts.owning?.own.current?.record.id)
    expect(owner.text).toBe('two')
    expect(owner.stash.confidants).toContain(other.id)
    await world.until(() => owner.stash.status().copies.have >= 3)
    expect(holdersAmong(confidants, owner).every(nara => nara.holds(owner) === other.holds(owner))).toBe(true)
  })

  it('rejects when the peer refuses, does not answer, is not connected, or leaves', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    const [first, second, third] = confidants as [Nara, Nara, Nara]
    const refusing = world.net.intercept((_from, to, request, next) =>
      to === first.id && request.type === 'store' ? { type: 'refused', reason: 'too large', retryAfter: 60_000 } : next())
    await expect(world.of(owner.stash.storeWith(first.id, bytes('one')))).rejects.toMatchObject({ name: 'RefusedError', reason: 'too large' })
    refusing()
    mute(world, second, 'store')
    await expect(world.of(owner.stash.storeWith(second.id, bytes('two')))).rejects.toMatchObject(named('TimeoutError'))
    const started = world.clock.now()
    await expect(world.of(owner.stash.storeWith(second.id, bytes('three'), { timeout: 500 }))).rejects.toMatchObject(named('TimeoutError'))
    expect(world.clock.now() - started).toBe(500)
    mute(world, third, 'store')
    const leaving = expect(owner.stash.storeWith(third.id, bytes('four'))).rejects.toMatchObject(named('UnreachableError'))
    await world.run(100)
    third.kill()
    await world.of(leaving)
    await expect(owner.stash.storeWith(third.id, bytes('five'))).rejects.toMatchObject(named('UnreachableError'))
    // each is the current stash all the same
    expect(owner.text).toBe('four')
  })

  it('is not decided by what a peer did to an earlier version', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    const [first] = confidants as [Nara]
    const stop = mute(world, first, 'store')
    await expect(world.of(owner.stash.storeWith(first.id, bytes('one')))).rejects.toMatchObject(named('TimeoutError'))
    stop()
    await world.of(owner.stash.storeWith(first.id, bytes('two')))
    expect(first.holds(owner)).toBeDefined()
  })

  it('rejects what cannot be', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(2, { maxStash: 100, deny: [] })
    await expect(owner.stash.storeWith(owner.id, bytes('one'))).rejects.toMatchObject(named('InvalidConfidantsError'))
    await expect(owner.stash.storeWith('nobody', bytes('one'))).rejects.toMatchObject(named('InvalidConfidantsError'))
    await expect(owner.stash.storeWith(confidants[0]?.id ?? '', new Uint8Array(101))).rejects.toMatchObject(named('TooLargeError'))
  })
})

describe('setStashData', () => {
  it('takes no bytes, and not one above maxStash', async () => {
    const world = new World()
    const { owner } = await world.owned(3, { maxStash: 100 })
    expect((await world.of(owner.stash.setStashData(new Uint8Array(0)))).outcome).toBe('kept')
    expect(owner.stash.getStashData()?.data).toEqual(new Uint8Array(0))
    expect((await world.of(owner.stash.setStashData(new Uint8Array(100)))).outcome).toBe('kept')
    await expect(owner.stash.setStashData(new Uint8Array(101))).rejects.toMatchObject(named('TooLargeError'))
  })

  it('says who has no copy, and why', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    const [first, second] = confidants as [Nara, Nara]
    world.net.intercept((_from, to, request, next) =>
      to === first.id && request.type === 'store' ? { type: 'refused', reason: 'at capacity', retryAfter: 60_000 } : next())
    mute(world, second, 'store')
    const { outcome, failures } = await world.of(owner.put('one', { timeout: 20_000 }))

    expect(outcome).toBe('degraded')
    expect(failures).toEqual(expect.arrayContaining([{ peer: first.id, why: 'at capacity' }, { peer: second.id, why: 'timeout' }]))
  })

  it('does not share its buffers', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    const data = bytes('one')
    const put = owner.stash.setStashData(data)
    data.fill(0)
    await world.of(put)
    owner.stash.getStashData()?.data.fill(0)
    expect(text(owner.stash.getStashData()?.data)).toBe('one')
  })

  it('ends with the reason of its signal; what was begun goes on', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    confidants.forEach(nara => { mute(world, nara, 'store') })
    const controller = new AbortController()
    const put = expect(owner.put('one', { signal: controller.signal })).rejects.toThrow('enough')
    await world.run(1_000)
    controller.abort(new Error('enough'))
    await world.of(put)
    expect(owner.text).toBe('one')
    await expect(owner.put('two', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })
})

describe('requestFrom', () => {
  it('gives what the peer holds, and changes nothing', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [first] = holdersAmong(confidants, owner) as [Nara]
    world.net.disconnect(owner.id, first.id)
    await world.of(owner.put('two'))
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' || request.type === 'offer' ? undefined : next())
    world.net.connect(owner.id, first.id)

    expect(text(await world.of(owner.stash.requestFrom(first.id)))).toBe('one')
    expect(owner.text).toBe('two')
    stop()
  })

  it('tells a peer that holds nothing from one that is silent or gone, and from a wrong key', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    await kept(world, owner, 'one')
    const [holder, silent] = holdersAmong(confidants, owner) as [Nara, Nara]
    const other = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    await expect(world.of(owner.stash.requestFrom(other.id))).rejects.toMatchObject(named('NotFoundError'))
    mute(world, silent, 'fetch')
    await expect(world.of(owner.stash.requestFrom(silent.id))).rejects.toMatchObject(named('TimeoutError'))
    other.kill()
    await expect(world.of(owner.stash.requestFrom(other.id))).rejects.toMatchObject(named('UnreachableError'))

    // intact and signed by us, but not sealed with our key: as if another program used this soul
    const { own } = owner.process.parts.owning as OwningParts
    const body = new Uint8Array(1_100).fill(7)
    const bodyDigest = toString(createSha256().update(body).digest(), 'base16')
    const record = await sealHeader({ kind: 'data', seq: 9, boot: own.boot, past: [], bodyLength: body.byteLength, bodyDigest }, own.privateKey)
    const { placement } = holder.process.parts.held.get(owner.id) as HeldStash
    await world.of(owner.process.port.ask(holder.id, { type: 'store', record, body, placement, liveHolders: [], leaseRemaining: 60 }))

    await expect(world.of(owner.stash.requestFrom(holder.id))).rejects.toMatchObject(named('WrongKeyError'))
  })

  it('ends with its signal', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(1)
    await expect(owner.stash.requestFrom(confidants[0]?.id ?? '', { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
  })
})

describe('recoverFromAny', () => {
  it('asks all and returns the newest, also before recovery settles by itself', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    expect(text(await world.of(owner.stash.recoverFromAny()))).toBe('one')
    expect(owner.state).toBe('settled')
  })

  it('finds what recovery missed', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [stale, ...others] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    world.net.disconnect(owner.id, stale.id)
    await world.of(owner.put('two'))
    owner.kill()
    await owner.restart()
    world.net.connect(owner.id, stale.id)
    await world.settled(owner)
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'offer' || request.type === 'store' ? undefined : next())
    others.forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(text(await world.of(owner.stash.recoverFromAny()))).toBe('two')
    stop()
  })

  it('rejects without peers, without answers, without a stash, and in doubt', async () => {
    const world = new World()
    const owner = await world.nara()
    await expect(world.of(owner.stash.recoverFromAny())).rejects.toMatchObject(named('UnreachableError'))
    const [peer] = await world.confidants(1) as [Nara]
    world.net.connectAll()
    const stop = mute(world, peer, 'fetch')
    await expect(world.of(owner.stash.recoverFromAny())).rejects.toMatchObject(named('UnreachableError'))
    stop()
    await expect(world.of(owner.stash.recoverFromAny())).rejects.toMatchObject(named('NotFoundError'))

    const { owner: other } = await world.owned(3)
    await kept(world, other, 'one')
    const twin = other.twin()
    await twin.start()
    world.naras.filter(nara => nara !== other).forEach(({ id }) => { world.net.connect(twin.process.port, id) })
    await world.settled(twin)
    await world.of(twin.put('two'))
    await world.of(other.put('three', { timeout: 1_000 }))
    await world.run(10_000)
    await expect(world.of(other.stash.recoverFromAny())).rejects.toMatchObject(named('DoubtfulError'))
  })
})

describe('pushTo', () => {
  it('says what became of it', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(4)
    await kept(world, owner, 'one')
    const [holder] = holdersAmong(confidants, owner) as [Nara]
    const other = confidants.find(nara => !owner.stash.confidants.includes(nara.id)) as Nara
    expect(await world.of(holder.stash.pushTo(owner.id))).toBe('had it')
    await expect(world.of(other.stash.pushTo(owner.id))).rejects.toMatchObject(named('NotHeldError'))

    const stop = mute(world, holder, 'store')
    await world.of(owner.put('two'))
    expect(await world.of(holder.stash.pushTo(owner.id))).toBe('had a newer one')
    stop()

    owner.kill()
    await expect(world.of(holder.stash.pushTo(owner.id))).rejects.toMatchObject(named('UnreachableError'))
    await owner.restart()
    mute(world, holder, 'fetch')
    const silence = world.net.intercept((_from, to, _request, next) => to === owner.id ? undefined : next())
    world.net.connect(owner.id, holder.id)
    await expect(world.of(holder.stash.pushTo(owner.id))).rejects.toMatchObject(named('TimeoutError'))
    silence()
    expect(await world.of(holder.stash.pushTo(owner.id))).toBe('taken')
  })
})

describe('confidants', () => {
  it('setConfidants replaces and pins them; pinned ones are helped out, not replaced', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6, { repairDelay: 1_000 })
    await kept(world, owner, 'one')
    const chosen = confidants.filter(nara => !owner.stash.confidants.includes(nara.id)) as [Nara, Nara, Nara]
    owner.stash.setConfidants(chosen.map(({ id }) => id))
    await world.until(() => chosen.every(nara => nara.holds(owner) != null) && owner.stash.status().copies.have === 3)

    expect(owner.stash.confidants).toEqual(chosen.map(({ id }) => id))
    expect(owner.stash.status().confidants.every(({ pinned, state }) => pinned && state === 'trusted')).toBe(true)
    chosen[0].kill()
    await world.run(60_000)
    expect(owner.stash.confidants).toContain(chosen[0].id)
    expect(owner.stash.status().copies.have).toBe(3)
    await chosen[0].restart()
    world.net.connect(owner.id, chosen[0].id)
    await world.until(() => owner.stash.confidants.length === 3)
    expect(new Set(owner.stash.confidants)).toEqual(new Set(chosen.map(({ id }) => id)))
  })

  it('setConfidants refuses ourselves, doubles, the denied, nonsense, and more than a placement names', async () => {
    const world = new World()
    const { confidants } = await world.owned(17)
    const ids = confidants.map(({ id }) => id)
    const owner = await world.nara({ fresh: true, deny: [ids[0] ?? ''] })

    for (const peers of [[owner.id], [ids[1], ids[1]], [ids[0]], ['12D3KooW'], ids]) {
      expect(() => { owner.stash.setConfidants(peers as string[]) }, String(peers)).toThrow(expect.objectContaining(named('InvalidConfidantsError')))
    }

    expect(owner.stash.confidants).toEqual([])
  })

  it('chosen before there is a stash, they hold the first one', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(6)
    const chosen = confidants.slice(3).map(({ id }) => id)
    owner.stash.setConfidants(chosen)
    expect(owner.stash.confidants).toEqual(chosen)
    await kept(world, owner, 'one')
    expect(new Set(owner.stash.confidants)).toEqual(new Set(chosen))
  })

  it('selectConfidantsAutomatically unpins, and begins with the one that runs longest', async () => {
    const world = new World()
    const oldest = await world.nara({ fresh: true })
    await world.run(3_600_000)
    const { owner, confidants } = await world.owned(6)
    await world.run(60_000)
    owner.stash.setConfidants(confidants.slice(0, 3).map(({ id }) => id))
    await kept(world, owner, 'one')
    const picked = await owner.stash.selectConfidantsAutomatically()

    expect(picked[0]).toBe(oldest.id)
    expect(picked).toHaveLength(3)
    await world.until(() => owner.stash.status().copies.have === 3 && owner.stash.confidants.includes(oldest.id))
    expect(new Set(owner.stash.confidants)).toEqual(new Set(picked))
    expect(owner.stash.status().confidants.some(({ pinned }) => pinned)).toBe(false)
  })

  it('selectConfidantsAutomatically keeps those it found and says how many', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(2)
    await expect(owner.stash.selectConfidantsAutomatically()).rejects.toMatchObject({ name: 'NotEnoughConfidantsError', found: 2, target: 3 })
    expect(new Set(owner.stash.confidants)).toEqual(new Set(confidants.map(({ id }) => id)))
    // chosen, here, and nothing to hold yet
    expect(owner.stash.status().confidants).toMatchObject([{ state: 'pending' }, { state: 'pending' }])
    const lonely = await world.nara({ fresh: true })
    await expect(lonely.stash.selectConfidantsAutomatically()).rejects.toMatchObject({ found: 0, target: 3 })
  })
})

describe('distributeToConfidants', () => {
  it('resolves when all have it', async () => {
    const world = new World()
    const { owner } = await world.owned(4)
    await expect(owner.stash.distributeToConfidants()).rejects.toMatchObject(named('NotFoundError'))
    await world.of(owner.put('one'))
    expect(await world.of(owner.stash.distributeToConfidants())).toMatchObject({ outcome: 'kept', copies: 3 })
    const started = world.clock.now()
    expect(await world.of(owner.stash.distributeToConfidants({ timeout: 60_000 }))).toMatchObject({ outcome: 'kept', copies: 3 })
    expect(world.clock.now() - started).toBeLessThan(1_000)
  })

  it('does not say "kept" of copies that are gone', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    confidants.slice(0, 2).forEach(nara => { nara.kill() })
    await world.run(1_000)
    expect(await world.of(owner.stash.distributeToConfidants())).toMatchObject({ outcome: 'degraded', copies: 1 })
  })
})

describe('clearMyStash', () => {
  it('is local, and what was kept comes back', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    world.net.stats.reset()
    const storesWhen: Record<string, number> = {}
    owner.stash.addEventListener('stash:state', ({ detail }) => { storesWhen[detail.state] = world.net.stats.sent(owner.id, 'store').messages })
    owner.stash.clearMyStash()

    expect(owner.stash.hasStashData()).toBe(false)
    expect(owner.stash.getStashData()).toBeUndefined()
    expect(owner.state).toBe('searching')
    expect(await world.settled(owner)).toBe('settled')
    expect(storesWhen).toEqual({ searching: 0, recovering: 0, settled: 0 })
    expect(owner.text).toBe('one')
    expect(holdersAmong(confidants, owner)).toHaveLength(3)
  })

  it('does not let an older version come back without a word', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    apart(world, owner.id)
    await kept(world, owner, 'one')
    const [stale, ...others] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
    world.net.disconnect(owner.id, stale.id)
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    others.forEach(nara => { world.net.disconnect(owner.id, nara.id) })
    owner.stash.clearMyStash()
    world.net.connect(owner.id, stale.id)
    expect(await world.settled(owner)).toBe('doubtful')
    expect(owner.stash.status().recovery.doubt?.reason).toBe('ROLLBACK_SUSPECTED')
    world.net.connectAll()
    await world.until(() => owner.state === 'settled')
    expect(owner.text).toBe('two')
  })

  it('of what nobody had is like a new start', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    await world.of(owner.put('one'))
    owner.stash.clearMyStash()
    await world.confidants(3)
    world.net.connectAll()
    expect(await world.settled(owner)).toBe('empty')
    expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept' })
  })
})

describe('what is held', () => {
  it('shows in hasStashFor, getStoredStash, storedCount and storageLimit', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const [holder] = holdersAmong(confidants, owner) as [Nara]
    const stored = await holder.stash.getStoredStash(owner.id)

    expect(holder.stash.hasStashFor(owner.id)).toBe(true)
    expect(holder.stash.storedCount).toBe(1)
    expect(holder.stash.storageLimit).toBe(20)
    expect(stored).toMatchObject({ owner: owner.id, storedAt: expect.any(Date) })
    expect(stored?.nonce.byteLength).toBe(24)
    expect(text(stored?.ciphertext)).not.toContain('one')
    expect(owner.stash.hasStashFor(holder.id)).toBe(false)
    expect(await owner.stash.getStoredStash(holder.id)).toBeUndefined()
    expect(owner.stash.targetConfidants).toBe(3)
  })
})

describe('marshalState', () => {
  it('is JSON, and holds neither soul, seed, words nor data', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'attack at dawn')
    owner.stash.getStashData()
    const json = owner.stash.marshalState()
    const { soul } = owner
    const words = soulToWords(soul)
    const secrets = [formatSoul(soul), words, toString(soul.seed, 'base16'), toString(soul.seed, 'base64'), toString(soul.seed, 'base58btc'),
      toString(owner.process.parts.owning?.own.privateKey.raw ?? new Uint8Array(), 'base16'), 'attack at dawn']

    expect(JSON.parse(json)).toMatchObject({ peerId: owner.id, state: 'settled', copies: { have: 3 } })
    secrets.forEach(secret => {
      expect(secret.length).toBeGreaterThan(10)
      expect(json.toLowerCase()).not.toContain(secret.toLowerCase())
    })
    expect(words.split(' ').filter(word => json.includes(`"${word}"`))).toEqual([])
  })

  it('is all that the service becomes in a log: neither keys nor data', async () => {
    const world = new World()
    const { owner } = await world.owned(1)
    await kept(world, owner, 'attack at dawn', 1)
    const key = owner.process.parts.owning?.own.privateKey.raw.subarray(0, 8)

    expect(key).toHaveLength(8)

    for (const log of [JSON.stringify(owner.stash), inspect(owner.stash, { depth: Infinity, showHidden: true, maxArrayLength: null })]) {
      expect(log).not.toContain(JSON.stringify(key).slice(1, -1))
      expect(log).not.toContain(key?.join(', '))
    }
  })
})

describe('whenSettled', () => {
  it('resolves with what is known, at once if it is, and ends with its signal', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    expect(await owner.stash.whenSettled()).toBe('empty')
    await kept(world, owner, 'one')
    expect(await owner.stash.whenSettled()).toBe('settled')
    owner.kill()
    await owner.restart()
    const controller = new AbortController()
    const waiting = expect(owner.stash.whenSettled({ signal: controller.signal })).rejects.toThrow('enough')
    await world.run(1_000)
    controller.abort(new Error('enough'))
    await waiting
    await expect(owner.stash.whenSettled({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })
})

describe('a nara without a soul', () => {
  it('holds for others, and has no stash of its own', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true })
    const [plain] = await world.confidants(3, { owns: false }) as [Nara]
    world.net.connectAll()
    await kept(world, owner, 'one')

    expect(plain.stash.hasStashFor(owner.id)).toBe(true)
    expect(plain.stash.hasStashData()).toBe(false)
    expect(plain.stash.confidants).toEqual([])
    expect(JSON.parse(plain.stash.marshalState())).toMatchObject({ stash: null, held: { count: 1 } })
    await expect(plain.stash.setStashData(bytes('one'))).rejects.toMatchObject(named('NoSoulError'))
    await expect(plain.stash.requestFrom(owner.id)).rejects.toMatchObject(named('NoSoulError'))
    await expect(plain.stash.recoverFromAny()).rejects.toMatchObject(named('NoSoulError'))
    await expect(plain.stash.storeWith(owner.id, bytes('one'))).rejects.toMatchObject(named('NoSoulError'))
    await expect(plain.stash.distributeToConfidants()).rejects.toMatchObject(named('NoSoulError'))
    await expect(plain.stash.selectConfidantsAutomatically()).rejects.toMatchObject(named('NoSoulError'))

    for (const verb of [() => plain.stash.getStashData(), () => { plain.stash.clearMyStash() }, () => { plain.stash.setConfidants([]) }, () => plain.stash.setAside()]) {
      expect(verb).toThrow(expect.objectContaining(named('NoSoulError')))
    }
  })
})
