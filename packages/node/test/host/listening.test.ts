import { multiaddr } from '@multiformats/multiaddr'
import { TypedEventEmitter } from 'main-event'
import { expect, it } from 'vitest'
import { Listening } from '../../src/host/listening.ts'
import type { Listener } from '@libp2p/interface'

/** Listens where `open` says so. */
class FakeListener extends TypedEventEmitter<any> {
  at: string[] = []
  lookFails = false
  readonly tried: string[] = []

  constructor (readonly refuse: (address: string) => string | undefined) {
    super()
  }

  async listen (address: { toString (): string }): Promise<void> {
    const code = this.refuse(address.toString())
    this.tried.push(address.toString())

    if (code != null) {
      throw Object.assign(new Error(code), { code })
    }

    this.at = [address.toString().replace('/tcp/0', '/tcp/50000')]
  }

  getAddrs (): unknown[] {
    if (this.lookFails) {
      throw new Error('EMFILE')
    }

    return this.at.map(address => multiaddr(address))
  }
}

const six = multiaddr('/ip6/::/tcp/6272')

it('a machine without IPv6 is no failure, a port that this user may not have is one', async () => {
  for (const [code, fails] of [['EAFNOSUPPORT', false], ['EADDRNOTAVAIL', false], ['EACCES', true]] as const) {
    const listening = new Listening(true)
    const wrapped = listening.wrap(new FakeListener(() => code) as unknown as Listener)

    await expect(wrapped.listen(six)).rejects.toThrow(code)
    expect(listening.addresses).toEqual([])
    const checked = expect(() => { listening.check() })
    ;(fails ? checked : checked.not).toThrow(AggregateError)
  }
})

it('an address that this machine lacks is a failure', async () => {
  for (const code of ['EADDRNOTAVAIL', 'EINVAL']) {
    for (const address of ['/ip6/2001:db8::1/tcp/0', '/ip6/fe80::1/tcp/6272', '/ip4/192.0.2.1/tcp/0']) {
      const listening = new Listening(true)
      const wrapped = listening.wrap(new FakeListener(() => code) as unknown as Listener)

      await expect(wrapped.listen(multiaddr(address))).rejects.toThrow(code)
      expect(() => { listening.check() }).toThrow(AggregateError)
    }
  }
})

it('addresses are as they were while the interfaces cannot be looked at', async () => {
  const fake = new FakeListener(() => undefined)
  const wrapped = new Listening(true).wrap(fake as unknown as Listener)

  await wrapped.listen(six)
  expect(wrapped.getAddrs().map(String)).toEqual([six.toString()])
  fake.lookFails = true
  expect(wrapped.getAddrs().map(String)).toEqual([six.toString()])
})

it('the port, the nine after it, and then any that is free are tried, and what the first family came to first for the second', async () => {
  const listening = new Listening(true)
  const four = new FakeListener(address => address.endsWith('/tcp/0') ? undefined : 'EADDRINUSE')
  const both = new FakeListener(() => undefined)

  await Promise.all([
    listening.wrap(four as unknown as Listener).listen(multiaddr('/ip4/0.0.0.0/tcp/6272')),
    listening.wrap(both as unknown as Listener).listen(six)
  ])
  expect(four.tried.map(address => Number(address.split('/').at(-1)))).toEqual([...Array.from({ length: 10 }, (_, i) => 6272 + i), 0])
  expect(listening.addresses).toEqual(['/ip4/0.0.0.0/tcp/50000', '/ip6/::/tcp/50000'])

  both.safeDispatchEvent('close')
  expect(listening.addresses).toEqual([])
})
