import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { Nara } from '../../src/nara-types.ts'
import type { AddressInfo, Server, Socket } from 'node:net'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

/** Somebody who accepts connections and says nothing, as some gateways do for everybody. */
async function silent (): Promise<{ port: number, sockets: Socket[], server: Server }> {
  const sockets: Socket[] = []
  const server = createServer(socket => { sockets.push(socket.on('error', () => {}).resume()) })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  loopback.keep({ stop: () => { server.close() } })

  return { port: (server.address() as AddressInfo).port, sockets, server }
}

/** A port at which nobody is. */
async function refusing (): Promise<number> {
  const { port, server } = await silent()
  await once(server.close(), 'close')

  return port
}

async function meets (nara: Nara, peer: string): Promise<void> {
  await until(nara.stash, 'peer:connect', () => nara.stash.peers().some(({ peerId, connected }) => peerId === peer && connected))
}

it('a peer is met at its one good address, behind those that refuse, say nothing, or are those of others', async () => {
  const target = await loopback.nara()
  const other = await loopback.nara()
  const decoys = await Promise.all(Array.from({ length: 5 }, silent))
  const ports = await Promise.all(Array.from({ length: 10 }, refusing))
  const at = (port: number): string => `/ip4/127.0.0.1/tcp/${port}/p2p/${target.peerId}`
  const failed: string[] = []

  const nara = await loopback.nara({
    start: false,
    bootstrap: [...decoys.map(({ port }) => at(port)), ...ports.map(at), other.addresses[0]!.replace(other.peerId, target.peerId), ...target.addresses]
  })
  nara.stash.addEventListener('peer:unreachable', ({ detail }) => { failed.push(detail.why) })
  await nara.start()
  await meets(nara, target.peerId)

  expect(failed).toEqual([])
  // none of them is left hanging
  await Promise.all(decoys.flatMap(({ sockets }) => sockets).map(async socket => { await (socket.destroyed || once(socket, 'close')) }))
  expect(nara.libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString())).toContain(target.peerId)
  expect(nara.libp2p.getConnections().filter(({ remotePeer, direction }) => remotePeer.toString() === target.peerId && direction === 'outbound')).toHaveLength(1)
})

it('what an address came to is the reason, where none is good', async () => {
  const target = await loopback.nara()
  const other = await loopback.nara()
  const nara = await loopback.nara({
    start: false,
    bootstrap: [`/ip4/127.0.0.1/tcp/${await refusing()}/p2p/${target.peerId}`, other.addresses[0]!.replace(other.peerId, target.peerId)]
  })
  const failed = new Promise<string>(resolve => { nara.stash.addEventListener('peer:unreachable', ({ detail }) => { resolve(detail.why) }) })
  await nara.start()

  expect(await failed).toBe('another peer answers there')
})

it('a stop ends a race', async () => {
  const target = await loopback.nara()
  const decoy = await silent()
  const nara = await loopback.nara({ bootstrap: [`/ip4/127.0.0.1/tcp/${decoy.port}/p2p/${target.peerId}`] })
  await once(decoy.server, 'connection')
  await loopback.end(nara)

  await Promise.all(decoy.sockets.map(async socket => { await (socket.destroyed || once(socket, 'close')) }))
})
