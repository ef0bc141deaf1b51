import { createSoul, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { decodeQR } from 'qr/decode.js'
import { encodeQR } from 'qr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatInvitation, InvalidInvitationError, parseInvitation } from '../../src/invite/invitation.ts'
import { qrCode } from '../../src/invite/qr-code.ts'
import type { Invitation } from '../../src/invite/invitation.ts'

const peerIds = Array.from({ length: 3 }, () => peerIdString(publicKeyOf(createSoul())))
const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
const sample: Invitation = {
  network: 'kiosks',
  key,
  addresses: [`/ip4/192.0.2.1/tcp/4001/p2p/${peerIds[0]}`, `/dns4/nara.example.org/tcp/4001/p2p/${peerIds[0]}`, `/ip6/2001:db8::1/tcp/4001/p2p/${peerIds[1]}`]
}
const text = formatInvitation(sample)
const letters = 'abcdefghijklmnopqrstuvwxyz234567'.split('')

function refusal (given: string): string {
  try {
    parseInvitation(given)
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInvitationError)

    return (error as Error).message
  }

  throw new Error('it was taken')
}

describe('an invitation', () => {
  it('is one word, and the same everywhere', () => {
    expect(text).toMatch(/^nara-invite:[a-z2-7]+$/)
    expect(formatInvitation({ network: 'nara', addresses: ['/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWLJhxWmM9YvVP8SfwX6TqPR2QnqCyyyVabLMkTXp8V4wB'] }))
      .toBe('nara-invite:aeadwbdomfzgcaabfgsqgjqaeqeaceratplyd32zvoccetitq3hjnaamnxeavjkrbjr6s67rpf7kyl6wr5raccaeyaaaeaigb6qw2pd63e')
  })

  it('comes back whole, of any network, key and addresses', () => {
    const place = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([ip, port]) => `/ip4/${ip}/tcp/${port}`)
    const invitations = fc.record({
      network: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/),
      key: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
      peers: fc.array(fc.tuple(fc.constantFrom(...peerIds), fc.uniqueArray(place, { minLength: 1, maxLength: 5 })), { maxLength: 3 })
    })

    fc.assert(fc.property(invitations, ({ network, key, peers }) => {
      const addresses = [...new Set(peers.flatMap(([peer, places]) => places.map(place => `${place}/p2p/${peer}`)))]
      const back = parseInvitation(formatInvitation({ network, addresses, ...(key == null ? {} : { key }) }))

      expect(back.network).toBe(network)
      expect(back.key).toEqual(key)
      expect(back.addresses.toSorted()).toEqual(addresses.toSorted())
    }))
  })

  it('survives capitals, and what mail does to long words', () => {
    expect(parseInvitation(text.toUpperCase())).toEqual(sample)
    expect(parseInvitation(`  ${text.replaceAll(/.{20}/g, '$&\r\n')}\n`)).toEqual(sample)
  })

  it('that was cut off anywhere is told from a typo', () => {
    for (let length = 'nara-invite:'.length + 8; length < text.length; length++) {
      expect(refusal(text.slice(0, length))).toBe(`the invitation is cut off: after nara-invite: it has ${length - 12} of ${text.length - 12} characters`)
    }

    expect(refusal('nara-invite:aeads')).toMatch(/cut off: after nara-invite: it has 5 of its characters/)
    expect(refusal(`${text}aa`)).toMatch(/there is more than an invitation/)
  })

  it('with any one character mistyped is refused, and nothing of it repeated', () => {
    fc.assert(fc.property(fc.integer({ min: 12, max: text.length - 1 }), fc.constantFrom(...letters), (at, letter) => {
      fc.pre(text[at] !== letter)

      const message = refusal(text.slice(0, at) + letter + text.slice(at + 1))

      expect(message).toMatch(/typo|cut off|more than an invitation/)
      expect(message).not.toContain(text.slice(20, 30))
    }))
    // past the head, which tells the length, the message is exact
    expect(refusal(text.replace(/.$/, last => last === 'a' ? 'b' : 'a'))).toBe('the invitation has a typo: its checksum does not fit')
  })

  it.each([
    ['', /the text is empty/],
    ['   \n', /the text is empty/],
    ['hello', /this is no invitation: one begins with nara-invite:/],
    ['nara-invite:', /cut off: after nara-invite: it has 0 of its characters/],
    [text.replace(/:./, ':0'), /"0", character 1 after nara-invite:, does not occur in an invitation; the letter O, perhaps/],
    [`${text.slice(0, 30)}\u001b${text.slice(31)}`, /"\\u\{1b\}", character 19/]
  ])('is not %j', (given, message) => {
    expect(refusal(given)).toMatch(message)
  })

  it('of another version is told as that, if it is whole', () => {
    // version 2, three bytes in a body that is not known here, and a checksum that fits
    expect(refusal('nara-invite:aiaagaihal4v7jrq')).toMatch(/the invitation is of version 2; this program knows version 1/)
    expect(refusal('nara-invite:aiaagaihal4v7jrr')).toMatch(/cut off|typo|more than/)
  })

  it('whose checksum fits but whose content is none is refused', () => {
    for (const bad of [{ ...sample, network: 'a network' }, { ...sample, key: key.subarray(1) }, { ...sample, addresses: [`/p2p/${peerIds[0]}`] }]) {
      expect(refusal(formatInvitation(bad))).toMatch(/was made wrongly/)
    }
  })

  it('never ends in anything but a refusal', () => {
    fc.assert(fc.property(fc.string(), fc.string({ unit: fc.constantFrom(...letters) }), (any, word) => {
      refusal(any)
      refusal(`nara-invite:${word}`)
    }))
  })
})

describe('its QR code', () => {
  it('is small enough for a terminal of 80 columns, and tells the same', () => {
    const lines = (qrCode(text.toUpperCase(), 80) ?? '').trimEnd().split('\n')
    const rows = lines.flatMap(line => {
      // eslint-disable-next-line no-control-regex
      const cells = Array.from(line.replaceAll(/\u001b\[[\d;]*m/g, ''))

      return [cells.map(cell => '█▀'.includes(cell)), cells.map(cell => '█▄'.includes(cell))]
    })

    expect(Math.max(...rows.map(row => row.length))).toBeLessThanOrEqual(80)
    expect(decode(rows)).toBe(text.toUpperCase())
    expect(parseInvitation(decode(rows))).toEqual(sample)
    // the same way of reading finds the same in what the library draws
    expect(decode(encodeQR('NARA', 'raw', { border: 4 }))).toBe('NARA')
  })

  it('is none on a terminal that is too narrow', () => {
    expect(qrCode(text.toUpperCase(), 20)).toBeUndefined()
  })
})

/** Reads modules as a camera would see them: eight pixels each. */
function decode (rows: readonly boolean[][]): string {
  const width = (rows[0]?.length ?? 0) * 8
  const pixels = rows.flatMap(row => Array.from({ length: 8 }, () => row.flatMap(dark => Array.from({ length: 8 }, () => dark ? 0 : 255)))).flat()

  return decodeQR({ width, height: pixels.length / width, data: Uint8Array.from(pixels.flatMap(value => [value, value, value, 255])) })
}
