import { Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { wholeSegments } from '../../src/host/whole-segments.ts'
import type { Transport } from '@libp2p/interface'

/** What a socket was given to send at once, each time. */
class Sent extends Writable {
  readonly segments: string[] = []

  override _write (chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.segments.push(chunk.toString())
    done()
  }

  override _writev (chunks: Array<{ chunk: Buffer }>, done: () => void): void {
    this.segments.push(Buffer.concat(chunks.map(({ chunk }) => chunk)).toString())
    done()
  }
}

/** A socket as a connection has it that was dialled, or taken, through the transport. */
async function connected (direction: 'upgradeInbound' | 'upgradeOutbound'): Promise<Sent> {
  const socket = new Sent()
  const upgrader = { upgradeInbound: async () => {}, upgradeOutbound: async () => ({}) } as any
  const transport = wholeSegments(() => ({
    dial: async (_: unknown, options: any) => await options.upgrader.upgradeOutbound({ socket }),
    createListener: (options: any) => options.upgrader.upgradeInbound({ socket })
  } as unknown as Transport))(undefined)

  await (direction === 'upgradeOutbound'
    ? transport.dial(multiaddr('/ip4/127.0.0.1/tcp/1'), { upgrader } as any)
    : transport.createListener({ upgrader }))

  return socket
}

describe.each(['upgradeInbound', 'upgradeOutbound'] as const)('a connection after %s', direction => {
  it('sends what one turn of the event loop gave it at once', async () => {
    const socket = await connected(direction)

    socket.write('a')
    socket.write('b')
    await Promise.resolve()
    await Promise.resolve()
    socket.write('c')
    expect(socket.segments).toEqual([])
    await setImmediate()
    expect(socket.segments).toEqual(['abc'])

    socket.write('d')
    await setImmediate()
    expect(socket.segments).toEqual(['abc', 'd'])
  })

  it('sends what was given to it before its end', async () => {
    const socket = await connected(direction)

    socket.write('a')
    socket.write('b')
    socket.end()
    await setImmediate()

    expect(socket.segments).toEqual(['ab'])
  })
})
