import { encode } from 'it-length-prefixed'
import { describe, expect, it } from 'vitest'
import { FrameReader, endWriting, sendMessage } from '../../src/wire/framing.ts'
import { streamPair } from './stream-pair.ts'

const signal = new AbortController().signal
const bytes = (...list: number[]): Uint8Array => new Uint8Array(list)

/** A reader whose peer sends these chunks and then ends its side. */
async function readerOf (...chunks: Uint8Array[]): Promise<FrameReader> {
  const { near, far } = await streamPair()
  const frames = new FrameReader(far, signal)

  for (const chunk of chunks) {
    near.send(chunk)
  }

  await near.close()

  return frames
}

const violation = { name: 'ProtocolViolationError' }

describe('FrameReader', () => {
  it('takes frames as they come, however they are cut', async () => {
    const stream = encode.single(bytes(1, 2, 3)).subarray()
    const frames = await readerOf(...[...stream].map(byte => bytes(byte)), encode.single(new Uint8Array(200)).subarray())

    expect((await frames.read(10))?.subarray()).toEqual(bytes(1, 2, 3))
    expect((await frames.read(200))?.byteLength).toBe(200)
    expect(await frames.read(10)).toBeUndefined()
    await frames.end()
  })

  it('takes a frame that is exactly as large as it may be', async () => {
    const frames = await readerOf(encode.single(new Uint8Array(65_536)).subarray())

    expect((await frames.read(65_536))?.byteLength).toBe(65_536)
  })

  it('refuses a larger frame by its length, before its bytes come', async () => {
    const { near, far } = await streamPair()
    const frames = new FrameReader(far, signal)
    near.send(bytes(0x81, 0x80, 0x04))

    await expect(frames.read(65_536)).rejects.toMatchObject(violation)
  })

  it('applies each frame its own cap', async () => {
    const frames = await readerOf(encode.single(new Uint8Array(100)).subarray(), encode.single(new Uint8Array(100)).subarray())

    expect((await frames.read(100))?.byteLength).toBe(100)
    await expect(frames.read(99)).rejects.toMatchObject(violation)
  })

  it.each([
    ['an empty frame', bytes(0)],
    ['a length of five bytes', bytes(0x80, 0x80, 0x80, 0x80, 0x01)],
    ['a length of five bytes that means 1', bytes(0x81, 0x80, 0x80, 0x80, 0x00)],
    ['a length that is not in its shortest form', bytes(0x81, 0x00, 7)],
    ['a length of 268 MB', bytes(0xff, 0xff, 0xff, 0x7f)],
    ['an end amid the length', bytes(0x81)],
    ['an end right after the length', bytes(5)],
    ['an end amid the bytes', bytes(5, 1, 2)]
  ])('refuses %s', async (_, sent) => {
    await expect((await readerOf(sent)).read(1_000)).rejects.toMatchObject(violation)
  })

  it('refuses an endless varint while it is still coming', async () => {
    const { near, far } = await streamPair()
    const frames = new FrameReader(far, signal)
    near.send(new Uint8Array(4).fill(0xff))

    await expect(frames.read(1_000)).rejects.toMatchObject(violation)
  })

  it.each([
    ['a whole frame', bytes(1, 1)],
    ['an empty frame', bytes(0)],
    ['the beginning of a length', bytes(0x80)]
  ])('refuses %s after the end', async (_, extra) => {
    const frames = await readerOf(bytes(1, 42), extra)
    await frames.read(1_000)

    await expect(frames.end()).rejects.toMatchObject(violation)
  })

  it('tells a broken connection from a broken frame', async () => {
    const { near, far, connections } = await streamPair()
    const frames = new FrameReader(far, signal)
    near.send(bytes(5, 1, 2))
    await connections.near.close()

    await expect(frames.read(1_000)).rejects.toMatchObject({ name: 'UnreachableError' })
  })
})

describe('sendMessage', () => {
  it('sends one frame of at most 32 KiB', async () => {
    const { near, far } = await streamPair()
    const frames = new FrameReader(far, signal)
    await sendMessage(near, new Uint8Array(32_768).fill(7), signal)
    await endWriting(near, signal)

    expect((await frames.read(32_768))?.subarray()).toEqual(new Uint8Array(32_768).fill(7))
    await frames.end()
    await expect(sendMessage(near, new Uint8Array(32_769), signal)).rejects.toMatchObject({ name: 'MalformedError' })
  })
})
