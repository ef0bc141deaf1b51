import { RecordEnvelope, PeerRecord } from '@libp2p/peer-record'
import { BOOT_BYTES, checkForm, MalformedError, MAX_HEADER_BYTES } from '@nara-stash/protocol'
import { normalizeName } from '@nara-stash/crypto'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { MAX_PRESENCE_BYTES } from './constants.ts'
import { PresenceMessage } from './pb/presence.ts'
import type { MemoryMode, StashState } from './api.ts'
import type { Form } from '@nara-stash/protocol'

export type PresenceKind = 'hey-there' | 'here' | 'chau'

/** What a nara says of itself (SPEC.md, "Presence"). All of it is a claim. */
export interface Presence {
  kind: PresenceKind
  /** 16 hex digits: one process. */
  boot: string
  /** Counts the messages of this boot, from 1. */
  n: number
  /** Undefined if it only holds for others. */
  state?: StashState
  accepting: boolean
  /** Seconds. */
  uptime: number
  memory?: MemoryMode
  /** The largest stash it keeps, in bytes of data. */
  maxBytes: number
  /** NFC, at most 64 bytes, no control characters; empty if it has none. */
  name: string
  /** libp2p signed peer record, with hey-there and every tenth here. */
  peerRecord?: Uint8Array
  /** The header of its newest acknowledged record: a signed envelope, still unchecked. */
  watermark?: Uint8Array
  /** What it holds for others outlives its process. Absent: it does not. */
  onDisk?: boolean
  /** 16 hex digits: another process that it heard speak as its own peer id. */
  twin?: string
}

const { Kind, State, Memory } = PresenceMessage

const KINDS: Array<[PresenceKind, PresenceMessage.Kind]> = [['hey-there', Kind.HEY_THERE], ['here', Kind.HERE], ['chau', Kind.CHAU]]
const STATES: Array<[StashState | undefined, PresenceMessage.State]> = [
  [undefined, State.NO_STASH], ['searching', State.SEARCHING], ['recovering', State.RECOVERING], ['settled', State.SETTLED],
  ['empty', State.EMPTY], ['doubtful', State.DOUBTFUL]
]
const MEMORIES: Array<[MemoryMode | undefined, PresenceMessage.Memory]> = [
  [undefined, Memory.UNTOLD], ['low', Memory.LOW], ['medium', Memory.MEDIUM], ['high', Memory.HIGH]
]

const uint32 = { max: 2 ** 32 - 1 }
const uint64 = { max: Number.MAX_SAFE_INTEGER }
const bytes = { bytes: true } as const

/** The fields of presence.proto. */
export const PRESENCE_FORM: Form = {
  1: uint32,
  2: bytes,
  3: uint64,
  4: uint32,
  5: { max: 1 },
  6: uint32,
  7: uint32,
  8: uint64,
  9: { text: true },
  10: bytes,
  11: bytes,
  13: { max: 1 },
  14: bytes
}

export function encodePresence (presence: Presence): Uint8Array {
  return PresenceMessage.encode({
    kind: toWire(KINDS, presence.kind) ?? Kind.UNKNOWN,
    boot: new Uint8Array(fromString(presence.boot, 'base16')),
    n: presence.n,
    state: toWire(STATES, presence.state) ?? State.NO_STASH,
    accepting: presence.accepting,
    uptimeS: Math.min(Math.floor(presence.uptime), 2 ** 32 - 1),
    memory: toWire(MEMORIES, presence.memory) ?? Memory.UNTOLD,
    maxBytes: presence.maxBytes,
    name: presence.name,
    ...(presence.peerRecord == null ? {} : { peerRecord: new Uint8Array(presence.peerRecord) }),
    ...(presence.watermark == null ? {} : { watermark: new Uint8Array(presence.watermark) }),
    onDisk: presence.onDisk === true,
    ...(presence.twin == null ? {} : { twin: new Uint8Array(fromString(presence.twin, 'base16')) })
  })
}

/** Without its peer record if that is too long (many addresses, or long ones): what nobody takes says less than one without. */
export function encodeFitting ({ peerRecord, ...presence }: Presence): Uint8Array {
  const whole = encodePresence({ ...presence, ...(peerRecord == null ? {} : { peerRecord }) })

  // everything else, with a watermark of 2 KiB, is within bounds
  return whole.byteLength > MAX_PRESENCE_BYTES ? encodePresence(presence) : whole
}

/**
 * @throws {MalformedError} what no compatible peer would send
 */
export function decodePresence (bytes: Uint8Array): Presence {
  const message = decode(bytes)
  const kind = fromWire(KINDS, message.kind)

  if (kind == null || message.boot.byteLength !== BOOT_BYTES || message.n < 1 || message.n > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError('a presence message has a kind, a boot of 8 bytes and a count from 1')
  }

  if (message.watermark != null && message.watermark.byteLength > MAX_HEADER_BYTES) {
    throw new MalformedError(`a watermark has at most ${MAX_HEADER_BYTES} bytes`)
  }

  const state = fromWire(STATES, message.state)
  const memory = fromWire(MEMORIES, message.memory)

  return {
    kind,
    boot: toString(message.boot, 'base16'),
    n: message.n,
    ...(state == null ? {} : { state }),
    accepting: message.accepting,
    uptime: message.uptimeS,
    ...(memory == null ? {} : { memory }),
    maxBytes: message.maxBytes,
    name: checkName(message.name),
    ...(message.peerRecord == null ? {} : { peerRecord: message.peerRecord }),
    ...(message.watermark == null ? {} : { watermark: message.watermark }),
    ...(message.onDisk ? { onDisk: true } : {}),
    ...(message.twin?.byteLength === BOOT_BYTES ? { twin: toString(message.twin, 'base16') } : {})
  }
}

/**
 * The multiaddrs of a signed peer record, if `peer` signed it.
 *
 * @throws {MalformedError}
 */
export async function openPeerRecord (envelope: Uint8Array, peer: string): Promise<string[]> {
  try {
    const { payload, publicKey } = await RecordEnvelope.openAndCertify(envelope, PeerRecord.DOMAIN)
    const record = PeerRecord.createFromProtobuf(payload)

    if (record.peerId.toString() === peer && publicKey.equals(record.peerId.publicKey)) {
      return record.multiaddrs.map(address => address.toString())
    }
  } catch (err) {
    throw new MalformedError('no valid signed peer record', { cause: err })
  }

  throw new MalformedError('a signed peer record of somebody else')
}

function decode (bytes: Uint8Array): PresenceMessage {
  if (bytes.byteLength > MAX_PRESENCE_BYTES) {
    throw new MalformedError(`a presence message has at most ${MAX_PRESENCE_BYTES} bytes`)
  }

  checkForm(bytes, PRESENCE_FORM)

  try {
    return PresenceMessage.decode(bytes)
  } catch (err) {
    throw new MalformedError('a presence message that cannot be decoded', { cause: err })
  }
}

function checkName (name: string): string {
  try {
    if (name === '' || normalizeName(name) === name) {
      return name
    }
  } catch (err) {
    throw new MalformedError('a name that cannot be', { cause: err })
  }

  throw new MalformedError('a name must be in NFC')
}

function toWire <Value, Wire> (table: Array<[Value, Wire]>, value: Value): Wire | undefined {
  return table.find(([known]) => known === value)?.[1]
}

function fromWire <Value, Wire> (table: Array<[Value, Wire]>, wire: Wire): Value | undefined {
  return table.find(([, known]) => known === wire)?.[0]
}
