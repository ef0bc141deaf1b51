import { createHmac, hkdfSync } from 'node:crypto'
import { base58, concat, fromHex, hex, sha256, uint32, uint64, utf8 } from './bytes.ts'
import { owner } from './peers.ts'
import { seal } from './xchacha.ts'

/** Sealed bodies of the owner, and what a soul is made of. */

const CREATED_AT = 1_767_225_600_000
const PAYLOAD_TYPE = utf8('/nara/stash/record/1')

export const sealingKey = new Uint8Array(hkdfSync('sha256', owner.seed, utf8('nara:stash:v1'), utf8('symmetric'), 32))

export function padded (length: number): number {
  if (length <= 1024) {
    return 1024
  }

  const exponent = length.toString(2).length - 1
  const step = 2 ** (exponent - exponent.toString(2).length)

  return Math.ceil(length / step) * step
}

export function associatedData (seq: number): Uint8Array {
  return concat(Uint8Array.of(PAYLOAD_TYPE.byteLength), PAYLOAD_TYPE, Uint8Array.of(owner.id.byteLength), owner.id, uint64(seq))
}

interface Sealed {
  name: string
  seq: number
  data: Uint8Array
  plaintext: Uint8Array
  nonce: Uint8Array
  body: Uint8Array
}

function sealed (name: string, seq: number, data: Uint8Array, nonce: Uint8Array): Sealed {
  const content = concat(uint64(CREATED_AT), uint32(data.byteLength), data)
  const plaintext = concat(content, new Uint8Array(padded(content.byteLength) - content.byteLength))
  const ciphertext = seal(sealingKey, nonce, plaintext, associatedData(seq))

  return { name, seq, data, plaintext, nonce, body: concat(nonce, ciphertext) }
}

const sealedBodies = [
  sealed('first', 1, utf8('{"hello":"confidants"}'), fromHex('404142434445464748494a4b4c4d4e4f5051525354555657')),
  sealed('second', 2, utf8('{"hello":"again"}'), fromHex('58595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f')),
  sealed('empty', 5, new Uint8Array(), fromHex('707172737475767778797a7b7c7d7e7f8081828384858687'))
] as const

export const bodies = {
  first: sealedBodies[0].body,
  second: sealedBodies[1].body,
  /** Not sealed: whoever holds it cannot tell. Two frames. */
  streamed: Uint8Array.from({ length: 71_720 }, (_, i) => i % 251)
}

export function bodyVectors (): object {
  return {
    owner: owner.text,
    sealingKey: hex(sealingKey),
    createdAt: CREATED_AT,
    bodies: sealedBodies.map(({ name, seq, data, plaintext, nonce, body }) => ({
      name,
      seq,
      data: hex(data),
      plaintext: hex(plaintext),
      associatedData: hex(associatedData(seq)),
      nonce: hex(nonce),
      body: hex(body),
      bodySha256: hex(sha256(body))
    })),
    padding: [0, 1, 1_012, 1_013, 1_024, 1_025, 1_048, 2_000, 4_097, 65_536, 71_000, 1_048_576, 67_108_864].map(data => {
      const plaintext = padded(data + 12)

      return { data, plaintext, body: plaintext + 40 }
    })
  }
}

export function soulVectors (): object[] {
  return ['nara-03a107bf', 'alice', 'ñandú'].map(name => {
    const normal = utf8(name.normalize('NFC'))
    const tag = new Uint8Array(createHmac('sha256', owner.seed).update(concat(utf8('nara:name:v2:'), normal)).digest().subarray(0, 8))

    return {
      name,
      nameBytes: hex(normal),
      tag: hex(tag),
      soul: base58(concat(owner.seed, tag)),
      naraId: base58(sha256(concat(owner.seed, tag, normal)))
    }
  })
}
