import { kadDHT } from '@libp2p/kad-dht'
import { expect, it, vi } from 'vitest'
import { createNara } from '../../src/create-nara.ts'
import { Mdns } from '../../src/host/mdns/mdns.ts'
import { committed } from './committed.ts'

// what the discoveries are given is all that is looked at; no packet leaves the machine
vi.mock('../../src/host/mdns/mdns.ts', () => ({ Mdns: vi.fn(EventTarget) }))
vi.mock('@libp2p/kad-dht', async original => ({ ...await original<object>(), kadDHT: vi.fn(() => () => new EventTarget()) }))

const discovery = committed('discovery')

async function start (network: string, psk?: string): Promise<void> {
  await createNara({ network, start: false, listen: [], ...(psk != null && { psk: new TextEncoder().encode(psk) }) })
}

it.each(discovery)('network $network, key $psk: $serviceTag', async ({ network, psk, serviceTag, dht }) => {
  await start(network, psk && `/key/swarm/psk/1.0.0/\n/base16/\n${psk}`)

  expect(vi.mocked(Mdns)).toHaveBeenLastCalledWith(expect.anything(), expect.objectContaining({ service: serviceTag }))
  expect(vi.mocked(kadDHT)).toHaveBeenLastCalledWith(expect.objectContaining({ protocol: dht }))
})

it('how the lines of a key file end does not matter', async () => {
  const { network, psk, serviceTag } = discovery.find(({ psk }) => psk != null)!
  await start(network, `/key/swarm/psk/1.0.0/\r\n/base16/\r\n${psk}\r\n`)

  expect(vi.mocked(Mdns)).toHaveBeenLastCalledWith(expect.anything(), expect.objectContaining({ service: serviceTag }))
})
