import { describe, expect, it } from 'vitest'
import { createNara } from '../src/create-nara.ts'
import { announceAddresses, bootstrapPeer, listenAddresses, pskBytes } from '../src/nara-options.ts'
import type { NaraOptions } from '../src/nara-types.ts'

const bob = '12D3KooWMT9Z5UaS1QWjzP9NMtTVmbZfv95aTVyDGQjP2TezQ8gF'
const digits = '0123456789abcdef'.repeat(4)
const keyFile = (...lines: string[]): Uint8Array => new TextEncoder().encode(lines.join('\n'))

describe('what cannot be is named, before anything starts', () => {
  it.each([
    ['listen', ['garbage'], '"garbage"'],
    ['listen', 'x', '"x"'],
    ['bootstrap', ['garbage'], '"garbage"'],
    ['bootstrap', ['/ip4/192.0.2.1/tcp/4001'], '/p2p/'],
    ['bootstrap', ['/ip4/192.0.2.1/tcp/4001/p2p/bob'], '/p2p/bob'],
    ['announce', ['garbage'], '"garbage"'],
    ['announce', ['/memory/1'], 'no host and port'],
    ['listen', [`/ip4/0.0.0.0/tcp/4001/p2p/${bob}`], "another peer's"],
    ['announce', [`/dns4/example.org/tcp/4001/p2p/${bob}`], "another peer's"],
    ['allow', ['bob'], '"bob"'],
    ['deny', [bob, 'bob'], '"bob"'],
    ['psk', new Uint8Array(0), 'three lines'],
    ['psk', keyFile('/key/swarm/psk/1.0.0/', '/base16/', digits.slice(1)), '64 hex digits'],
    ['psk', keyFile('/key/swarm/psk/1.0.0/', '/base16/', `${digits} `), '64 hex digits'],
    ['psk', keyFile('/key/swarm/psk/1.0.0/', '/base64/', digits), '/base16/']
  ] as Array<[keyof NaraOptions, unknown, string]>)('%s: %s', async (name, value, told) => {
    const refused = await createNara({ mdns: false, start: false, [name]: value }).then(() => undefined, (err: unknown) => err)

    expect(refused).toMatchObject({ name: 'InvalidOptionError' })
    expect(refused).toHaveProperty('message', expect.stringContaining(name))
    expect(refused).toHaveProperty('message', expect.stringContaining(told))
  })
})

it('an error never shows the key', () => {
  expect(() => pskBytes(keyFile('/base16/', digits, ''))).toThrow(expect.objectContaining({ message: expect.not.stringContaining(digits.slice(0, 8)) }))
})

it('a key is read however its lines end', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16))

  for (const end of ['\n', '\r\n', '\r']) {
    expect(pskBytes(new TextEncoder().encode(['/key/swarm/psk/1.0.0/', '/base16/', digits.toUpperCase(), ''].join(end)))).toStrictEqual(key)
  }
})

it('what can be is taken', () => {
  expect(listenAddresses(undefined, bob)).toStrictEqual(['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'])
  expect(listenAddresses(['/ip6/::1/tcp/4001', '/ip4/127.0.0.1/tcp/0'], bob)).toStrictEqual(['/ip6/::1/tcp/4001', '/ip4/127.0.0.1/tcp/0'])
  expect(bootstrapPeer(`/dns4/example.org/tcp/4001/p2p/${bob}`)).toStrictEqual({ peer: bob, address: `/dns4/example.org/tcp/4001/p2p/${bob}` })
})

it('an address of ours may end in our own peer id', () => {
  expect(listenAddresses([`/ip4/127.0.0.1/tcp/1/p2p/${bob}`], bob)).toStrictEqual(['/ip4/127.0.0.1/tcp/1'])
  expect(announceAddresses([`/dns4/example.org/tcp/4001/p2p/${bob}`, '/ip4/192.0.2.1/tcp/1'], bob)).toStrictEqual(['/dns4/example.org/tcp/4001', '/ip4/192.0.2.1/tcp/1'])
})
