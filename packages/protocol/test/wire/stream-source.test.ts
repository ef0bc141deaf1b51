import { StreamMessageEvent } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { readable, sendAll } from '../../src/wire/stream-source.ts'
import { arrivals, streamPair, until } from './stream-pair.ts'
import type { Stream } from '@libp2p/interface'

const signal = new AbortController().signal
const WINDOW = 2 << 20

/** 64 KiB whose bytes say which chunk of the stream it is. */
function chunk (i: number): Uint8Array {
  return new Uint8Array(65_536).fill(i)
}

async function sendChunks (stream: Stream, count: number, progress?: (sent: number) => void): Promise<void> {
  for (let i = 0; i < count; i++) {
    await sendAll(stream, chunk(i), signal)
    progress?.(i + 1)
  }

  await stream.close()
}

/** Waits until the sender has been waiting for the receiver, with nothing moving, for a thousand turns of the event loop. */
async function stalled (sender: Stream, sent: () => number): Promise<void> {
  for (let last = sent(), same = 0; same < 1_000; same++) {
    await new Promise(resolve => setImmediate(resolve))

    if (sent() !== last || !sender.writableNeedsDrain) {
      last = sent()
      same = 0
    }
  }
}

/** What StreamSource and sendAll use of a stream, without a muxer behind it. */
class SuddenStream extends EventTarget {
  status = 'open'
  readStatus = 'readable'
  remoteWriteStatus = 'writable'
  readableEnded = false
  writableNeedsDrain = false
  onResume?: () => void

  deliver (bytes: number): void {
    this.dispatchEvent(new StreamMessageEvent(new Uint8Array(bytes)))
  }

  pause (): void {
    this.readStatus = 'paused'
  }

  resume (): void {
    this.readStatus = 'readable'
    this.onResume?.()
  }

  send (): boolean {
    this.writableNeedsDrain = true
    return false
  }
}

describe('StreamSource', () => {
  it('hands over every byte in order, the last ones included', async () => {
    const { near, far } = await streamPair()
    const source = readable(far, signal)
    const sending = sendChunks(near, 100)
    let received = 0
    let wrong = 0

    for await (const data of source) {
      for (const part of data instanceof Uint8Array ? [data] : data) {
        for (const byte of part) {
          wrong += byte === Math.floor(received / 65_536) ? 0 : 1
          received++
        }
      }
    }

    await sending
    expect({ received, wrong }).toEqual({ received: 100 * 65_536, wrong: 0 })
  })

  it('bounds both sides while its consumer is busy, and goes on afterwards', async () => {
    const { near, far } = await streamPair()
    const source = readable(far, signal)
    const count = 512
    let sent = 0
    const sending = sendChunks(near, count, n => { sent = n })

    const first = await source.next()
    await stalled(near, () => sent)

    // one window in the chunk that waits, one in the paused stream, and what the sender queued
    expect(far.readBufferLength).toBeLessThanOrEqual(WINDOW)
    expect(near.writeBufferLength).toBeLessThanOrEqual(2 * 65_536)
    expect(sent * 65_536).toBeLessThan(3 * WINDOW)
    expect(far.status).toBe('open')

    let received = first.value?.byteLength ?? 0

    for await (const data of source) {
      received += data.byteLength
    }

    await sending
    expect(received).toBe(count * 65_536)
  })

  it('stays bounded with a slow consumer, which takes one chunk at a time', async () => {
    const { near, far } = await streamPair()
    const source = readable(far, signal)
    const count = 256
    let sent = 0
    let received = 0
    let most = 0
    let taken = 0
    const sending = sendChunks(near, count, n => { sent = n })

    for await (const data of source) {
      received += data.byteLength


      if (++taken < 5) {
        await stalled(near, () => sent)
      }

      most = Math.max(most, sent * 65_536 - received)
    }

    await sending
    expect(received).toBe(count * 65_536)
    expect(most).toBeLessThan(3 * WINDOW)
  })

  it('does not overwrite a chunk that waits, though it listens before it is read', async () => {
    const { near, far } = await streamPair()
    const source = readable(far, signal)
    const arrived = arrivals(far)
    const sending = sendChunks(near, 3)
    await until(() => arrived() > 0 && arrived() + far.readBufferLength === 3 * 65_536)
    let received = 0

    for await (const data of source) {
      received += data.byteLength
    }

    await sending
    expect(received).toBe(3 * 65_536)
  })

  it('ends at once on a stream that has ended', async () => {
    const { near, far } = await streamPair()
    await near.close()
    await until(() => far.remoteWriteStatus === 'closed')

    expect(await readable(far, signal).next()).toEqual({ done: true, value: undefined })
  })

  it('throws when the peer resets the stream, also amid waiting', async () => {
    const { near, far } = await streamPair()
    const next = readable(far, signal).next()
    near.abort(new Error('enough'))

    await expect(next).rejects.toMatchObject({ name: 'UnreachableError' })
    await expect(readable(far, signal).next()).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('throws when the connection closes, after handing over what had come', async () => {
    const { near, far, connections } = await streamPair()
    const source = readable(far, signal)
    near.send(chunk(1))
    const first = await source.next()
    const next = source.next()
    connections.far.abort(new Error('the cable was pulled'))

    expect(first.value?.byteLength).toBeGreaterThan(0)

    await expect((async () => {
      await next
      for await (const _ of source) { /* what was on its way */ }
    })()).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('tells a closed connection from a peer that ended its side', async () => {
    const { near, far, connections } = await streamPair()
    const source = readable(far, signal)
    near.send(chunk(1))
    await connections.near.close()

    await expect((async () => {
      for await (const _ of source) { /* what was on its way */ }
    })()).rejects.toMatchObject({ name: 'UnreachableError' })
  })

  it('throws the reason of its signal and lets go of both', async () => {
    const { far } = await streamPair()
    const controller = new AbortController()
    const next = readable(far, controller.signal).next()
    controller.abort(new RangeError('too late'))

    await expect(next).rejects.toThrow(RangeError)
    expect(far.status).toBe('open')
    await expect(readable(far, controller.signal).next()).rejects.toThrow(RangeError)
  })

  it('loses nothing if a transport without latency answers resume() before it returns', async () => {
    const stream = new SuddenStream()
    const source = readable(stream as unknown as Stream, signal)
    const next = source.next()
    stream.deliver(1)
    expect((await next).value?.byteLength).toBe(1)
    expect(stream.readStatus).toBe('paused')

    // two messages within one resume()
    stream.onResume = () => {
      stream.deliver(2)
      stream.deliver(3)
    }
    expect((await source.next()).value?.byteLength).toBe(5)
    expect(stream.readStatus).toBe('paused')
  })

  it('ends when it is closed while somebody waits', async () => {
    const { far } = await streamPair()
    const source = readable(far, signal)
    const next = source.next()
    source.close()

    expect(await next).toEqual({ done: true, value: undefined })
  })
})

describe('sendAll', () => {
  it('waits for a receiver that does not read', async () => {
    const { near, far } = await streamPair()
    far.addEventListener('message', () => {})
    far.pause()
    let sent = 0
    const sending = sendChunks(near, 1_000, n => { sent = n }).catch((err: unknown) => err)
    await stalled(near, () => sent)

    expect(sent * 65_536).toBeLessThan(2 * WINDOW)
    expect(near.writeBufferLength).toBeLessThanOrEqual(2 * 65_536)

    far.abort(new Error('enough'))
    expect(await sending).toMatchObject({ name: 'UnreachableError' })
  })

  it('waits on if what was queued fills the stream up again', async () => {
    const stream = new SuddenStream()
    let done = false
    const sending = sendAll(stream as unknown as Stream, chunk(0), signal).then(() => { done = true })
    stream.dispatchEvent(new Event('drain'))
    await new Promise(resolve => setImmediate(resolve))
    expect(done).toBe(false)

    stream.writableNeedsDrain = false
    stream.dispatchEvent(new Event('drain'))
    await sending
  })

  it('gives up with its signal', async () => {
    const { near, far } = await streamPair()
    far.addEventListener('message', () => {})
    far.pause()
    const controller = new AbortController()
    const sending = sendAll(near, new Uint8Array(4 << 20), controller.signal)
    controller.abort(new RangeError('too late'))

    await expect(sending).rejects.toThrow(RangeError)
    await expect(sendAll(near, chunk(0), controller.signal)).rejects.toThrow(RangeError)
  })

  it('throws on a closed stream', async () => {
    const { near } = await streamPair()
    await near.close()

    await expect(sendAll(near, chunk(0), signal)).rejects.toMatchObject({ name: 'UnreachableError' })
  })
})
