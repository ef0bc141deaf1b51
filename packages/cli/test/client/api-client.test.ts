import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '../../src/client/api-client.ts'
import { runFolder } from '../../src/daemon/run-folder.ts'
import type { ServerResponse } from 'node:http'

let dir: string
let server: http.Server
let events: ServerResponse

/** A daemon that says what the test tells it to. */
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nara-api-'))

  await mkdir(runFolder(dir).path)
  server = http.createServer((req, res) => {
    if (req.url === '/v1/events') {
      events = res
      res.flushHeaders()
    } else {
      res.end('{}')
    }
  })
  await new Promise<void>(resolve => { server.listen(join(runFolder(dir).path, 'api.sock'), resolve) })
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(dir, { recursive: true })
})

it('waits for the next event however long there is none', async () => {
  const { options } = http.globalAgent as http.Agent & { options: http.AgentOptions }
  const before = options.timeout

  // what Node's own agent takes for too long, in milliseconds
  options.timeout = 1

  try {
    const daemon = await connect(dir)
    const iterator = (await daemon.events())[Symbol.asyncIterator]()
    const next = iterator.next()

    // each of these goes there and back, and all of them take longer than that
    for (let i = 0; i < 50; i++) {
      await daemon.status()
    }

    events.write('{"event":"stopping","time":"","why":"test"}\n')
    expect((await next).value).toMatchObject({ why: 'test' })
  } finally {
    options.timeout = before
  }
})

it('says that the daemon is gone when the events break off', async () => {
  const daemon = await connect(dir)
  const next = (await daemon.events())[Symbol.asyncIterator]().next()

  events.destroy()
  await expect(next).rejects.toThrow(expect.objectContaining({ name: 'DaemonGoneError' }))
})
