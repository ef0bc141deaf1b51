import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import type { AddressInfo } from 'node:net'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

/** A port that is taken on this address. */
async function taken (host: string, port = 0): Promise<number> {
  const server = createServer()
  await once(server.listen({ host, port, ipv6Only: true }), 'listening')
  loopback.keep({ stop: () => { server.close() } })

  return (server.address() as AddressInfo).port
}

/** A port that is taken on ::1 alone: below those that the system gives to whoever asks for any. */
async function takenInOneFamily (): Promise<number> {
  for (let port = 20_000 + randomInt(10_000); ; port++) {
    try {
      const server = createServer()
      await once(server.listen({ host: '127.0.0.1', port }), 'listening')
      server.close()

      return await taken('::1', port)
    } catch {
      // another one
    }
  }
}

const both = (port: number): string[] => [`/ip4/127.0.0.1/tcp/${port}`, `/ip6/::1/tcp/${port}`]
const portsOf = (addresses: readonly string[]): number[] => addresses.map(address => Number(/\/tcp\/(\d+)/.exec(address)?.[1]))

it('a nara tells where it listens, with the ports that it was given, while it runs', async () => {
  const nara = await loopback.nara({ listen: both(0), start: false })
  expect(nara.listening).toEqual([])

  await nara.start()
  expect(nara.listening.map(address => address.replace(/\d+$/, ''))).toEqual(both(0).map(address => address.replace(/\d+$/, '')))
  expect(portsOf(nara.listening)).toEqual(portsOf(nara.addresses))

  await loopback.end(nara)
  expect(nara.listening).toEqual([])
})

it('where a port is taken, it takes one of the next ones for both families, if it may', async () => {
  const port = await taken('127.0.0.1')
  const nara = await loopback.nara({ listen: both(port), anotherPort: true })
  const [four, six] = portsOf(nara.listening)

  expect(four).not.toBe(port)
  expect(six).toBe(four)
  expect((four ?? 0) - port).toBeLessThanOrEqual(9)
})

it('is not listened on in part: one that is taken in one family alone is an error, too', async () => {
  const port = await takenInOneFamily()

  await expect(loopback.nara({ listen: both(port) })).rejects.toThrow(expect.objectContaining({ errors: [expect.objectContaining({ code: 'EADDRINUSE' })] }))
  await expect(loopback.nara({ listen: both(await taken('127.0.0.1')) })).rejects.toThrow('EADDRINUSE')

  // what was open meanwhile is closed
  await taken('127.0.0.1', port)
})
