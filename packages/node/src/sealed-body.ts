import { decodePlaintext, encodePlaintext, InvalidPlaintext, NONCE_LENGTH, open, OpenError, seal, sealingKey } from '@nara-stash/crypto'
import { peerIdBytes, RECORD_PAYLOAD_TYPE } from '@nara-stash/protocol'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { WrongKeyError } from './errors.ts'
import type { Soul } from '@nara-stash/crypto'

/** What a body is bound to: sealed for one record, it opens for no other. */
export interface BodyContext {
  /** The owner's peer id, base58. */
  owner: string
  seq: number
}

export interface OpenedBody {
  data: Uint8Array
  /** Milliseconds since 1970 by the clock of the machine that sealed it. */
  createdAt: number
}

/** Seals data into a record's body: nonce, ciphertext, tag (SPEC.md, "Body"). */
export function sealBody (soul: Soul, content: OpenedBody, context: BodyContext): Uint8Array {
  const sealed = seal(sealingKey(soul), encodePlaintext(content), { associatedData: associatedData(context) })

  return concat([sealed.nonce, sealed.ciphertext])
}

/**
 * @throws {WrongKeyError} the soul does not open it
 */
export function openBody (soul: Soul, body: Uint8Array, context: BodyContext): OpenedBody {
  try {
    const plaintext = open(sealingKey(soul), splitBody(body), { associatedData: associatedData(context) })

    return decodePlaintext(plaintext)
  } catch (err) {
    if (err instanceof OpenError || err instanceof InvalidPlaintext) {
      throw new WrongKeyError('this copy is intact, but our soul does not open it', { cause: err })
    }

    throw err
  }
}

/** A body's nonce and ciphertext; the tag is the ciphertext's end. */
export function splitBody (body: Uint8Array): { nonce: Uint8Array, ciphertext: Uint8Array } {
  return { nonce: body.subarray(0, NONCE_LENGTH), ciphertext: body.subarray(NONCE_LENGTH) }
}

/** Payload type and owner, each behind its length in one byte, then seq as 8 bytes, big-endian (SPEC.md, "Body"). */
function associatedData ({ owner, seq }: BodyContext): Uint8Array {
  const payloadType = fromString(RECORD_PAYLOAD_TYPE)
  const peer = peerIdBytes(owner)
  const number = new DataView(new ArrayBuffer(8))
  number.setBigUint64(0, BigInt(seq))

  return concat([
    Uint8Array.of(payloadType.byteLength), payloadType,
    Uint8Array.of(peer.byteLength), peer,
    new Uint8Array(number.buffer)
  ])
}
