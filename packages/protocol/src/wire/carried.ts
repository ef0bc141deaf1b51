import { MAX_INLINE_BODY, MAX_LIVE_HOLDERS } from '../constants.ts'
import { MalformedError } from '../errors.ts'
import { openHeader } from '../record/header.ts'
import { openPlacement, peerIdBytes, peerIdText } from '../record/placement.ts'
import { checkForm } from './message-form.ts'
import type { Form } from './message-form.ts'
import type { IncomingRequest, PlainRequest } from '../messages.ts'
import type { Placement } from '../record/placement.ts'
import type { RecordHeader } from '../record/header.ts'
import type { Uint8ArrayList } from 'uint8arraylist'

/** The fields that several messages carry, between their values and their bytes. */

const MAX_UINT32 = 2 ** 32 - 1

/** STORE and OFFER bring a record and its body; to the other requests nothing belongs. */
export function bringsBody <R extends IncomingRequest> (request: R): request is Exclude<R, PlainRequest> {
  return request.type === 'store' || request.type === 'offer'
}

/**
 * Checks the form of a message and runs a decoder of generated code.
 *
 * @throws {MalformedError} bytes that are no such message
 */
export function decodeWith <T> (message: Uint8Array | Uint8ArrayList, form: Form, decode: (bytes: Uint8Array) => T): T {
  const bytes = message.subarray()
  checkForm(bytes, form)

  try {
    return decode(bytes)
  } catch (err) {
    throw new MalformedError('a message that cannot be decoded', { cause: err })
  }
}

/**
 * Opens a record and a placement that travel together.
 *
 * @throws {MalformedError} an invalid one, or two owners
 */
export async function openPair (record: Uint8Array, placement: Uint8Array): Promise<{ record: RecordHeader, placement: Placement }> {
  const [openedRecord, openedPlacement] = await Promise.all([openHeader(record), openPlacement(placement)])

  if (openedRecord.owner !== openedPlacement.owner) {
    throw new MalformedError('a record and a placement of different owners')
  }

  return { record: openedRecord, placement: openedPlacement }
}

/**
 * A body that came inside a message, as a copy: a view would keep the whole frame alive for as long as the body is held.
 *
 * @throws {MalformedError} too long to be inside a message, or not as long as the header says
 */
export function inlineBody (body: Uint8Array | undefined, record: RecordHeader): Uint8Array | undefined {
  if (body == null) {
    return undefined
  }

  if (body.byteLength > MAX_INLINE_BODY || body.byteLength !== record.bodyLength) {
    throw new MalformedError(`a body of ${body.byteLength} bytes in a message whose record has ${record.bodyLength}`)
  }

  return new Uint8Array(body)
}

/** A hint, so what is too much for a message is left out. */
export function holderBytes (holders: readonly string[]): Array<Uint8Array<ArrayBuffer>> {
  return holders.slice(0, MAX_LIVE_HOLDERS).map(peerIdBytes)
}

/** @throws {MalformedError} bytes that are no peer id */
export function holderTexts (holders: readonly Uint8Array[]): string[] {
  return holders.map(peerIdText)
}

/** A whole number that fits the field: fractions are dropped, what is outside is clamped. */
export function uint32 (value: number): number {
  return Math.min(Math.max(Math.floor(value), 0), MAX_UINT32)
}

/** Left out unless the copy is marked. */
export function markField ({ mayBeDeleted }: { mayBeDeleted?: boolean }): { mayBeDeleted?: true } {
  return mayBeDeleted === true ? { mayBeDeleted } : {}
}

/** Generated code wants its own kind of array. */
export function ownBytes (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? bytes as Uint8Array<ArrayBuffer> : new Uint8Array(bytes)
}
