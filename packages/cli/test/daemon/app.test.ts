import { DoubtfulError, InvalidConfidantsError, NotEnoughConfidantsError, RecoveredFirstError } from '@nara-stash/node'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { BODY_SILENCE } from '../../src/daemon/read-body.ts'
import type { DaemonStatus, PutAnswer, StashAnswer } from '../../src/api/types.ts'
import { apiHarness as harness, peers, put, refusal, sha256 } from '../support/api-harness.ts'

describe('GET /v1/status', () => {
  it('tells all that the command line promises', async () => {
    const status = await (await harness().app.request('/v1/status')).json() as DaemonStatus

    expect(Object.keys(status).sort()).toEqual([
      'addresses', 'confidants', 'copies', 'deleted', 'held', 'listen', 'maxStash', 'mdns', 'name', 'naraId', 'network', 'peerId', 'peers', 'pending', 'pid', 'pskFile', 'recovery', 'safe', 'setAside', 'socket', 'stash', 'state',
      'twin', 'uptime', 'version'
    ])
    expect(status).toMatchObject({ name: 'kiosk', state: 'empty', stash: null, pid: 1, version: '1.2.3' })
  })
})

describe('PUT /v1/stash', () => {
  it('writes, and tells the digest of what was written', async () => {
    const { app, stash } = harness()
    const answer = await (await app.request('/v1/stash?timeout=300ms', put('hello'))).json() as PutAnswer

    expect(answer).toMatchObject({
      outcome: 'kept', seq: '1', bytes: 5, peers: 0, sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
    })
    expect(stash.timeouts).toEqual([300])
    expect(Buffer.from(stash.data?.data ?? []).toString()).toBe('hello')
  })

  it('takes no bytes at all if that is meant, and exactly as many as allowed', async () => {
    const { app, stash } = harness(10)
    const empty = async (query: string): Promise<Response> => await app.request(`/v1/stash${query}`, { method: 'PUT' })

    for (const query of ['', '?allowEmpty=false', '?timeout=1s']) {
      expect(await refusal(await empty(query))).toMatchObject({ status: 400, name: 'EmptyInputError', hint: expect.stringContaining('allowEmpty=true') as string })
    }

    expect(await refusal(await empty('?allowEmpty=perhaps'))).toMatchObject({ status: 400, name: 'BadRequestError' })
    expect(stash.data).toBeUndefined()
    expect((await empty('?allowEmpty=true')).status).toBe(200)
    expect(stash.data?.data).toHaveLength(0)
    expect((await app.request('/v1/stash', put('0123456789'))).status).toBe(200)
  })

  it('refuses more, told beforehand or not, and reads no further', async () => {
    const { app, stash } = harness(10)
    let pulled = 0
    const endless = new ReadableStream({ pull: controller => { pulled++; controller.enqueue(new Uint8Array(4)) } })
    const told = await refusal(await app.request('/v1/stash', put('01234567890', { headers: { 'content-length': '11' } })))
    const found = await refusal(await app.request('/v1/stash', put(endless, { duplex: 'half' } as RequestInit)))

    expect(told).toMatchObject({ status: 413, name: 'TooLargeError', message: 'the data is larger than 10 bytes (10 B)' })
    expect(found).toEqual(told)
    expect(pulled).toBeLessThan(8)
    expect(stash.data).toBeUndefined()
  })

  it('changes nothing if the body breaks off', async () => {
    const { app, stash } = harness()
    const broken = new ReadableStream({
      start: controller => {
        controller.enqueue(new Uint8Array(4))
        controller.error(new Error('broken off'))
      }
    })

    await app.request('/v1/stash', put(broken, { duplex: 'half' } as RequestInit))
    expect(stash.data).toBeUndefined()
  })

  it('waits for a slow body, but not for one that does not go on', async () => {
    const timers: Array<{ callback: () => void, delay: number }> = []
    const { app, stash } = harness(10, { ...systemClock, setTimer: (callback, delay) => { timers.push({ callback, delay }); return () => {} } })
    let body: ReadableStreamDefaultController<Uint8Array> | undefined
    const slow = new ReadableStream<Uint8Array>({ start: controller => { body = controller } })
    const answer = Promise.resolve(app.request('/v1/stash', put(slow, { duplex: 'half' } as RequestInit)))

    await vi.waitFor(() => { expect(timers).toHaveLength(1) })
    body?.enqueue(new Uint8Array(4))
    await vi.waitFor(() => { expect(timers).toHaveLength(2) })
    expect(timers.map(({ delay }) => delay)).toEqual([BODY_SILENCE, BODY_SILENCE])
    timers[1]?.callback()
    expect(await refusal(await answer)).toMatchObject({ status: 408, name: 'SlowInputError', message: 'the body paused for 10 min' })
    expect(stash.data).toBeUndefined()
  })

  it('refuses a timeout that is none', async () => {
    expect(await refusal(await harness().app.request('/v1/stash?timeout=soon', put('x')))).toMatchObject({ status: 400, name: 'BadRequestError' })
  })

  it('answers that a stash was recovered first, and what to do', async () => {
    const { app, stash } = harness()

    stash.failure = new RecoveredFirstError('recovered version 4')
    expect(await refusal(await app.request('/v1/stash', put('x')))).toMatchObject({
      status: 409, name: 'RecoveredFirstError', message: 'recovered version 4', hint: expect.stringMatching(/nara-stash get/) as string
    })
  })
})

describe('GET /v1/stash', () => {
  it('gives the bytes, and about them in a header', async () => {
    const { app, stash } = harness()
    const data = Uint8Array.from({ length: 256 }, (_, i) => i)

    await stash.setStashData(data)

    const response = await app.request('/v1/stash')
    const about = JSON.parse(response.headers.get('nara-stash') ?? '') as StashAnswer

    expect(new Uint8Array(await response.arrayBuffer())).toEqual(data)
    expect(about).toEqual({
      seq: '1', bytes: 256, state: 'settled', confirmed: true, mayBeDeleted: false, updatedAt: '1970-01-01T00:00:01.000Z',
      sha256: '40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880'
    })
  })

  it.each([['searching', 'StillSearchingError'], ['recovering', 'StillSearchingError'], ['empty', 'NotFoundError'], ['settled', 'NotFoundError']] as const)(
    'answers 404 while the stash is %s and nothing is known', async (state, name) => {
      const { app, stash } = harness()

      stash.state = state
      expect(await refusal(await app.request('/v1/stash'))).toMatchObject({ status: 404, name })
    })

  it('gives what may be old only if asked for in spite of it', async () => {
    const { app, stash } = harness()

    await stash.setStashData(new Uint8Array(3))
    stash.become('doubtful')
    expect(await refusal(await app.request('/v1/stash'))).toMatchObject({ status: 409, name: 'DoubtfulError' })
    expect((await app.request('/v1/stash?doubtful=true')).status).toBe(200)
  })

  it('tells of what is given in doubt what is true of that', async () => {
    const { app, stash } = harness()
    const about = async (): Promise<unknown> => JSON.parse((await app.request('/v1/stash?doubtful=true')).headers.get('nara-stash') ?? '')

    stash.inDoubt({ reason: 'CONFLICT', records: [] })
    stash.aside = [{ id: 'ab'.repeat(32), seq: '7', data: new Uint8Array(3), timestamp: 5_000 }]
    expect(await about()).toMatchObject({ seq: '7', bytes: 3, updatedAt: '1970-01-01T00:00:05.000Z', state: 'doubtful', confirmed: false })
    // a write that was never sealed
    stash.aside = [{ id: 'cd'.repeat(32), data: new Uint8Array(2), timestamp: 6_000 }]
    expect(await about()).toMatchObject({ seq: null, bytes: 2, updatedAt: '1970-01-01T00:00:06.000Z' })
  })

  it('says of a lost one that it is lost', async () => {
    const { app, stash } = harness()

    stash.inDoubt({ reason: 'LOST', records: [{ id: 'ab'.repeat(32), seq: '8', readable: false, holders: [] }] })
    expect(await refusal(await app.request('/v1/stash?doubtful=true'))).toMatchObject({
      status: 409, name: 'DoubtfulError', message: 'the stash is lost: version 8 is known of, and nobody within reach has anything that can be read'
    })
  })
})

describe('POST /v1/recover', () => {
  it('tells what came back', async () => {
    const { app, stash } = harness()

    stash.recovered = new Uint8Array(7)
    expect(await (await app.request('/v1/recover', { method: 'POST' })).json()).toMatchObject({ bytes: 7, state: 'settled' })
  })

  it.each([[undefined, 404, 'NotFoundError'], [new DoubtfulError('two versions'), 409, 'DoubtfulError']])('%s is answered %i', async (failure, status, name) => {
    const { app, stash } = harness()

    stash.failure = failure
    expect(await refusal(await app.request('/v1/recover', { method: 'POST' }))).toMatchObject({ status, name })
  })
})

describe('POST /v1/recover/adopt', () => {
  it.each(['', '{}', '{"id":7}', '{"id":"1f2e3d4"}', '{"id":"not hex!"}'])('refuses the body %s', async body => {
    const { app, stash } = harness()

    expect(await refusal(await app.request('/v1/recover/adopt', { method: 'POST', body }))).toMatchObject({ status: 400, name: 'BadRequestError' })
    expect(stash.decisions).toEqual([])
  })

  it('tells what became of the choice', async () => {
    const { app, stash } = harness()

    stash.inDoubt({ reason: 'CONFLICT', records: [{ id: 'ab'.repeat(32), seq: '3', readable: true, holders: ['a'] }] })
    expect(await (await app.request('/v1/recover/adopt?timeout=300ms', { method: 'POST', body: '{"id":"abababab"}' })).json()).toEqual({
      outcome: 'kept', seq: '1', copies: 3, minimum: 2, target: 3, failures: [], bytes: 7, updatedAt: '1970-01-01T00:00:01.000Z', state: 'settled', confirmed: true, mayBeDeleted: false, setAside: [],
      peers: 0, sha256: sha256('adopted')
    })
    expect(stash.timeouts).toEqual([300])
    expect(await refusal(await app.request('/v1/recover/accept-older', { method: 'POST' }))).toMatchObject({ status: 409, name: 'NotDoubtfulError' })
    expect(await refusal(await app.request('/v1/recover/fresh', { method: 'POST' }))).toMatchObject({ status: 409, name: 'NotDoubtfulError' })
  })
})

describe('/v1/confidants', () => {
  it('replaces, adds, removes and lists', async () => {
    const { app, stash } = harness()
    const names = async (path = '', init?: RequestInit): Promise<string[]> =>
      (await (await app.request(`/v1/confidants${path}`, init)).json() as { confidants: Array<{ peerId: string }> }).confidants.map(({ peerId }) => peerId)

    expect(await names('', peers('PUT', ['a', 'b']))).toEqual(['a', 'b'])
    expect(await names('/add', peers('POST', ['b', 'c']))).toEqual(['a', 'b', 'c'])
    expect(await names('/remove', peers('POST', ['a']))).toEqual(['b', 'c'])
    expect(await names()).toEqual(['b', 'c'])
    expect(stash.confidants).toEqual(['b', 'c'])
  })

  it('does not remove a stranger', async () => {
    expect(await refusal(await harness().app.request('/v1/confidants/remove', peers('POST', ['a\u0007'])))).toMatchObject({
      status: 400, message: 'no confidant: a\\u{7}'
    })
  })

  it.each(['', '{', '[]', 'null', '{"peers":"a"}', '{"peers":[1]}', '{"peers":[]}', `{"peers":["${'a'.repeat(17_000)}"]}`])('refuses the body %.20s', async body => {
    expect((await refusal(await harness().app.request('/v1/confidants', { method: 'PUT', body }))).status).toBe(400)
  })

  it('tells what the stash refuses', async () => {
    const { app, stash } = harness()

    stash.failure = new InvalidConfidantsError('"a" is this nara itself')
    expect(await refusal(await app.request('/v1/confidants', peers('PUT', ['a'])))).toMatchObject({ status: 400, name: 'InvalidConfidantsError' })
    stash.failure = new NotEnoughConfidantsError(1, 3)
    expect(await refusal(await app.request('/v1/confidants/auto', { method: 'POST' }))).toMatchObject({ status: 409, name: 'NotEnoughConfidantsError' })
  })
})

describe('a query', () => {
  it.each([
    ['GET', '/v1/stash?doubtfull=true', 'there is no parameter doubtfull; allowed: doubtful'],
    ['GET', '/v1/stash?doubtful=yes', 'doubtful is yes; allowed: true or false'],
    ['GET', '/v1/status?timeout=1s', 'there is no parameter timeout; allowed: none'],
    ['GET', '/v1/set-aside/1?doubtful=true', 'there is no parameter doubtful; allowed: none'],
    ['PUT', '/v1/stash?timeOut=1s', 'there is no parameter timeOut; allowed: timeout, allowEmpty'],
    ['PUT', '/v1/stash?timeout=1s&timeout=2s', 'timeout is given more than once'],
    ['POST', '/v1/forget?force%07', 'there is no parameter force\\u{7}; allowed: timeout']
  ])('%s %s is refused, and nothing is done', async (method, path, message) => {
    const { app, stash } = harness()

    expect(await refusal(await app.request(path, { method, ...(method === 'PUT' ? { body: 'x' } : {}) }))).toMatchObject({ status: 400, name: 'BadRequestError', message })
    expect([stash.data, stash.timeouts]).toEqual([undefined, []])
  })

  it('may say to HEAD what it may to GET', async () => {
    const { app, stash } = harness()
    await stash.setStashData(Buffer.from('one'))
    stash.become('doubtful')

    expect((await app.request('/v1/stash?doubtful=true', { method: 'HEAD' })).status).toBe(200)
    expect((await app.request('/v1/stash', { method: 'HEAD' })).status).toBe(409)
    expect((await app.request('/v1/stash?doubtfull=true', { method: 'HEAD' })).status).toBe(400)
  })

  it('does not make a request of what is none', async () => {
    const { app } = harness()

    for (const [method, path] of [['GET', '/v1/nothing?a=b'], ['POST', '/v1/status'], ['GET', '/'], ['DELETE', '/v1/stash']] as const) {
      expect(await refusal(await app.request(path, { method }))).toMatchObject({ status: 404, name: 'UnknownRouteError' })
    }
  })
})

describe('anything else', () => {
  it('is 404', async () => {
    expect(await refusal(await harness().app.request('/v2/status'))).toMatchObject({ status: 404, name: 'UnknownRouteError' })
  })

  it('is 500 and told to the daemon if it is nobody\'s expected answer', async () => {
    const { app, stash, unexpected } = harness()
    const failure = new RangeError('out of range')

    stash.failure = failure
    expect(await refusal(await app.request('/v1/stash', put('x')))).toMatchObject({ status: 500, name: 'RangeError' })
    expect(unexpected).toEqual([failure])
  })
})
