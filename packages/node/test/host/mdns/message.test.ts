import { encode } from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAbout, readMessage, TTL, writeGoodbye, writeQuery, writeResponse } from '../../../src/host/mdns/message.ts'

const service = '_nara-ef1d1062._udp.local'
const instance = `0123456789abcdef.${service}`
const address = '/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWFwvpcxddTrLVjsPL5ZzS8DMsndsxVJmrZDayHhHQyQ42'

describe('messages of mDNS', () => {
  it('say what they were made of', () => {
    expect(readMessage(writeQuery(service, [{ instance, ttl: 100 }]), service)).toEqual({ type: 'query', known: [{ instance, ttl: 100 }] })
    expect(readMessage(writeResponse(service, instance, [address]), service)).toEqual({ type: 'response', instances: [{ name: instance, ttl: TTL, addresses: [address] }] })
    expect(readMessage(writeGoodbye(service, instance), service)).toEqual({ type: 'response', instances: [{ name: instance, ttl: 0, addresses: [] }] })
  })

  it('tell a question whose answers may go to the asker alone', () => {
    const bytes = writeQuery(service, [])
    // the uppermost bit of the class, which comes last (RFC 6762, section 18.12)
    bytes[bytes.length - 2]! |= 0x80

    expect(readMessage(bytes, service)).toEqual({ type: 'query', known: [], isUnicast: true })
  })

  it('are understood if each address has a record of its own, among the answers, as @libp2p/mdns sends them', () => {
    const bytes = encode({
      type: 'response',
      answers: [
        { name: service, type: 'PTR', class: 'IN', ttl: 120, data: instance },
        ...['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.1/tcp/2'].map(at => ({ name: instance, type: 'TXT', class: 'IN', ttl: 120, data: `dnsaddr=${at}` }) as const)
      ]
    })

    expect(readMessage(bytes, service)).toMatchObject({ instances: [{ addresses: ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.1/tcp/2'] }] })
  })

  it('of another service are nobody\'s', () => {
    expect(isAbout(writeQuery('_ipp._tcp.local', []), service)).toBe(false)
    expect(readMessage(writeResponse('_p2p._udp.local', instance, [address]), service)).toBeUndefined()
    expect(readMessage(encode({ type: 'query', questions: [{ name: service, type: 'SRV' }] }), service)).toBeUndefined()
  })

  it('stay within a packet, however many are known and wherever we are; link-local addresses go first', () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ instance: `${i}.${service}`, ttl: 100 }))
    const query = writeQuery(service, [{ instance, ttl: TTL }, ...many])
    const places = [...Array.from({ length: 40 }, (_, i) => `/ip6/fe80::${i}/tcp/4001`), address]
    const response = writeResponse(service, instance, places)

    expect(query.byteLength).toBeLessThanOrEqual(1_200)
    expect(readMessage(query, service)).toMatchObject({ known: expect.arrayContaining([{ instance, ttl: TTL }]) })
    expect(response.byteLength).toBeLessThanOrEqual(1_200)
    expect(readMessage(response, service)).toMatchObject({ instances: [{ addresses: expect.arrayContaining([address]) }] })
  })

  it('leave out what no TXT record can hold', () => {
    const response = writeResponse(service, instance, [`/dns4/${'a'.repeat(300)}/tcp/1`, address])

    expect(readMessage(response, service)).toMatchObject({ instances: [{ addresses: [address] }] })
  })

  it('are taken no more of than a nara says: 8 names and 16 addresses of each', () => {
    const bytes = encode({
      type: 'response',
      answers: Array.from({ length: 20 }, (_, i) => ({ name: service, type: 'PTR', class: 'IN', ttl: 120, data: `${i}.${service}` }) as const),
      additionals: [{ name: `0.${service}`, type: 'TXT', class: 'IN', ttl: 120, data: Array.from({ length: 60 }, (_, i) => `dnsaddr=/ip4/192.0.2.${i}/tcp/1`) }]
    })
    const { instances } = readMessage(bytes, service) as Extract<ReturnType<typeof readMessage>, { type: 'response' }>

    expect(instances).toHaveLength(8)
    expect(instances[0]?.addresses).toHaveLength(16)
  })

  it('that claim thousands of records are refused before room is made for these', () => {
    const bytes = Buffer.concat([Buffer.from([0, 0, 0x84, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Buffer.from('_nara-ef1d1062')])

    expect(isAbout(bytes, service)).toBe(true)
    expect(readMessage(bytes, service)).toBeUndefined()
  })

  it('survive garbage', () => {
    const good = writeResponse(service, instance, [address])

    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(good.byteLength - 1), fc.nat(255)), { maxLength: 8 }), fc.nat(good.byteLength), (changes, length) => {
      const bytes = Uint8Array.from(good)
      changes.forEach(([at, value]) => { bytes[at] = value })
      readMessage(bytes.subarray(0, length), service)
    }), { numRuns: 2_000 })
  })
})
