import { createSoul } from '@nara-stash/crypto'
import { TooManyWritesError } from '@nara-stash/node'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createApp } from '../../src/daemon/app.ts'
import { createEventFeed } from '../../src/daemon/event-feed.ts'
import { serve } from '../../src/daemon/serve.ts'
import { FakeNara } from '../support/fake-nara.ts'
import type { ApiServer } from '../../src/daemon/serve.ts'
import type { WriteResult } from '@nara-stash/node'

const kept: WriteResult = { outcome: 'kept', seq: '1', copies: 2, minimum: 2, target: 3, failures: [] }

let folder: string
let server: ApiServer
let stopping: AbortController
/** What comes of the next write; called once the daemon has the body. */
let write: () => Promise<WriteResult>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nara-'))
  stopping = new AbortController()
  const nara = new FakeNara({ soul: createSoul({ name: 'kiosk' }) })
  nara.fake.setStashData = async () => await write()
  const about = { pid: 1, socket: '', version: '1.2.3', maxStash: 1_024, listen: [], network: 'nara', pskFile: null }
  const feed = createEventFeed(nara.stash, systemClock)

  server = await serve(createApp({ nara, feed, about, clock: systemClock, stopping: stopping.signal }), join(folder, 's'))
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** The status lines that a PUT is answered with. `finish` ends a write that was not over at once. */
async function statuses (version: string, finish: () => void = () => {}): Promise<string[]> {
  const client = connect(join(folder, 's'))
  const lines = (): string[] => text.match(/^HTTP\/.*$/gm)?.map(line => line.trim()) ?? []
  let text = ''
  client.setEncoding('utf8').on('data', chunk => {
    text += String(chunk)

    if (lines().at(-1)?.includes(' 102 ') === true) {
      finish()
    }
  })
  client.write(`PUT /v1/stash HTTP/${version}\r\nHost: nara\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx`)
  await once(client, 'close')

  return lines()
}

describe('PUT /v1/stash', () => {
  it('says that the body is here, before the write is over', async () => {
    const { promise, resolve } = Promise.withResolvers<WriteResult>()
    write = async () => await promise

    expect(await statuses('1.1', () => { resolve(kept) })).toEqual(['HTTP/1.1 102 Processing', 'HTTP/1.1 200 OK'])
  })

  it('says so to nobody who speaks HTTP/1.0', async () => {
    // over in a later turn of the loop
    write = async () => await new Promise(resolve => { setImmediate(() => setImmediate(() => { setImmediate(resolve, kept) })) })

    expect(await statuses('1.1')).toEqual(['HTTP/1.1 102 Processing', 'HTTP/1.1 200 OK'])
    expect(await statuses('1.0')).toEqual(['HTTP/1.1 200 OK'])
  })

  it('says so of no write that is refused at once', async () => {
    write = async () => { throw new TooManyWritesError('too many') }

    expect(await statuses('1.1')).toEqual([expect.stringMatching(/^HTTP\/1.1 [45]\d\d /)])
  })

  it('says so of none while the daemon stops', async () => {
    write = async () => await new Promise(resolve => { setImmediate(() => setImmediate(() => { setImmediate(resolve, kept) })) })
    stopping.abort()

    expect(await statuses('1.1')).toEqual(['HTTP/1.1 200 OK'])
  })
})
