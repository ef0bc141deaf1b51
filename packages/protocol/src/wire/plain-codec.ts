import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { BOOT_BYTES, NONCE_BYTES } from '../constants.ts'
import { MalformedError } from '../errors.ts'
import { Release } from '../pb/message.ts'
import { peerIdBytes, peerIdText } from '../record/placement.ts'
import { ownBytes } from './carried.ts'
import type { ChallengeRequest, PlainRequest, ReleaseReason, ReleaseRequest } from '../messages.ts'
import type { Challenge, StashRequest as Wire } from '../pb/message.ts'

/** The requests that bring no body, between their values and their fields. */

/** Bytes of a record id: a SHA-256. */
const ID_BYTES = 32

const REASONS: ReadonlyArray<[ReleaseReason, Release.Reason]> = [
  ['leaving', Release.Reason.LEAVING],
  ['lease', Release.Reason.LEASE],
  ['trimmed', Release.Reason.TRIMMED],
  ['relieved', Release.Reason.RELIEVED]
]

const REASON_BY_TEXT = new Map(REASONS)
const TEXT_BY_REASON = new Map(REASONS.map(([text, reason]) => [reason, text]))

export function plainFields (request: PlainRequest): Partial<Wire> {
  switch (request.type) {
    case 'fetch':
      return { fetch: { whole: request.whole } }
    case 'challenge':
      return { challenge: { ...recordNamed(request), nonce: ownBytes(request.nonce) } }
    case 'witness':
      return { witness: { ...bootField('boot', request.boot), ...bootField('twin', request.twin) } }
    case 'release':
      return { release: { ...recordNamed(request), reason: REASON_BY_TEXT.get(request.reason) ?? Release.Reason.UNKNOWN } }
  }
}

/**
 * Undefined if these are the fields of a request that brings a record, or of none that is known.
 *
 * @throws {MalformedError}
 */
export function openPlain ({ fetch, challenge, witness, release }: Wire): PlainRequest | undefined {
  if (fetch != null) {
    return { type: 'fetch', whole: fetch.whole }
  }

  if (challenge != null) {
    return openChallenge(challenge)
  }

  if (witness != null) {
    return { type: 'witness', ...openBoot('boot', witness.boot), ...openBoot('twin', witness.twin) }
  }

  if (release != null) {
    return openRelease(release)
  }
}

function bootField <Name extends 'boot' | 'twin'> (name: Name, boot: string | undefined): { [N in Name]?: Uint8Array<ArrayBuffer> } {
  return boot == null ? {} : { [name]: new Uint8Array(fromString(boot, 'base16')) } as { [N in Name]?: Uint8Array<ArrayBuffer> }
}

function openBoot <Name extends 'boot' | 'twin'> (name: Name, bytes: Uint8Array | undefined): { [N in Name]?: string } {
  if (bytes == null) {
    return {}
  }

  if (bytes.byteLength !== BOOT_BYTES) {
    throw new MalformedError(`a boot has ${BOOT_BYTES} bytes, not ${bytes.byteLength}`)
  }

  return { [name]: toString(bytes, 'base16') } as { [N in Name]?: string }
}

function openChallenge (fields: Challenge): ChallengeRequest {
  if (fields.nonce.byteLength !== NONCE_BYTES) {
    throw new MalformedError(`a nonce has ${NONCE_BYTES} bytes, not ${fields.nonce.byteLength}`)
  }

  // a copy: a view would keep the whole frame alive
  return { type: 'challenge', ...openNamed(fields), nonce: new Uint8Array(fields.nonce) }
}

function openRelease (fields: Release): ReleaseRequest {
  const reason = TEXT_BY_REASON.get(fields.reason)

  if (reason == null) {
    throw new MalformedError('a release without a reason')
  }

  return { type: 'release', ...openNamed(fields), reason }
}

function recordNamed ({ owner, recordId }: Pick<ReleaseRequest, 'owner' | 'recordId'>): Pick<Challenge, 'owner' | 'recordId'> {
  return { owner: peerIdBytes(owner), recordId: new Uint8Array(fromString(recordId, 'base16')) }
}

function openNamed ({ owner, recordId }: Pick<Challenge, 'owner' | 'recordId'>): Pick<ReleaseRequest, 'owner' | 'recordId'> {
  if (recordId.byteLength !== ID_BYTES) {
    throw new MalformedError(`a record id has ${ID_BYTES} bytes, not ${recordId.byteLength}`)
  }

  return { owner: peerIdText(owner), recordId: toString(recordId, 'base16') }
}
