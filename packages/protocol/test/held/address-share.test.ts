import { describe, expect, it } from 'vitest'
import { addressShare } from '../../src/held/address-share.ts'

describe('the share of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['some-host.example', 'some-host.example'],
    ['1:2:3', '1:2:3'],
    ['1::2::3', '1::2::3'],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9'],
    ['1:2:3:4:5:6:7::8', '1:2:3:4:5:6:7::8'],
    ['12345::', '12345::'],
    ['g::', 'g::'],
    ['', '']
  ])('%s is %s', (address, share) => {
    expect(addressShare(address)).toBe(share)
  })

  it('is one for all that a subscriber can make up', () => {
    expect(addressShare('2001:db8:1:2:ffff::1')).toBe(addressShare('2001:db8:1:2::42'))
    expect(addressShare('2001:db8:1:3::1')).not.toBe(addressShare('2001:db8:1:2::1'))
  })
})
