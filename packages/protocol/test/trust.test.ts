import { testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { createTrust, isLoopback } from '../src/trust.ts'

const [ann, ben, eve] = [testKey(1).id, testKey(2).id, testKey(3).id] as const

describe('createTrust', () => {
  it.each([
    ['no lists', {}, [true, true, true], [false, false, false]],
    ['an empty allow list', { allow: [] }, [false, false, false], [false, false, false]],
    ['an allow list', { allow: [ann, ben] }, [true, true, false], [true, true, false]],
    ['a deny list', { deny: [eve] }, [true, true, false], [false, false, false]],
    ['both', { allow: [ann, eve], deny: [eve, ben] }, [true, false, false], [true, false, false]]
  ])('with %s admits and vouches for whom it should', (_, init, admitted, vouched) => {
    const trust = createTrust(init)

    expect([ann, ben, eve].map(peer => trust.admits(peer))).toEqual(admitted)
    expect([ann, ben, eve].map(peer => trust.vouchedFor(peer))).toEqual(vouched)
  })

  it('knows a peer in every form of its id', () => {
    const cid = testKey(3).privateKey.publicKey.toCID().toString()
    expect(cid).not.toBe(eve)

    expect(createTrust({ deny: [cid] }).admits(eve)).toBe(false)
    expect(createTrust({ allow: [cid] }).vouchedFor(eve)).toBe(true)
  })

  it.each([
    ['allow', 'eve'], ['allow', ''], ['deny', eve.slice(0, -1)], ['deny', `/p2p/${eve}`]
  ])('takes no %s list that names "%s"', (list, peer) => {
    expect(() => createTrust({ [list]: [ann, peer] })).toThrow(new RangeError(`${list} names "${peer}", which is no peer id`))
  })
})

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::FFFF:127.1.2.3'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  it.each(['128.0.0.1', '126.127.0.1', '10.127.0.1', '1127.0.0.1', '::2', '::10', '1::1', '::ffff:10.0.0.1', '127', ''])('is not %s', (address) => {
    expect(isLoopback(address)).toBe(false)
  })
})
