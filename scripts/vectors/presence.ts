import { concat, fromHex, hex, utf8 } from './bytes.ts'
import { sealEnvelope } from './envelope.ts'
import { c1, owner, stranger } from './peers.ts'
import { bool, bytes, message, number, present, repeated, text } from './protobuf.ts'
import { bootA, bootB, second } from './records.ts'
import type { Peer } from './peers.ts'

const PEER_RECORD_DOMAIN = 'libp2p-peer-record'
const PEER_RECORD_TYPE = fromHex('0301')

/** /ip4/192.0.2.1/tcp/4001: code 4 with four bytes, code 6 with the port. */
const ADDRESS = fromHex('04c0000201060fa1')

interface Fields {
  kind: number
  boot?: string
  n: number | bigint
  state?: number
  accepting?: boolean
  uptime?: number
  memory?: number
  maxBytes?: number
  name?: string | Uint8Array
  peerRecord?: Uint8Array
  watermark?: Uint8Array
  onDisk?: boolean
  /** Hex. */
  twin?: string
}

function presence (fields: Fields): Uint8Array {
  return message(
    number(1, fields.kind),
    bytes(2, fromHex(fields.boot ?? bootA)),
    number(3, fields.n),
    number(4, fields.state ?? 0),
    bool(5, fields.accepting ?? false),
    number(6, fields.uptime ?? 0),
    number(7, fields.memory ?? 0),
    number(8, fields.maxBytes ?? 0),
    typeof fields.name === 'string' ? text(9, fields.name) : bytes(9, fields.name ?? new Uint8Array()),
    ...(fields.peerRecord == null ? [] : [present(10, fields.peerRecord)]),
    ...(fields.watermark == null ? [] : [present(11, fields.watermark)]),
    bool(13, fields.onDisk ?? false),
    ...(fields.twin == null ? [] : [present(14, fromHex(fields.twin))])
  )
}

function peerRecord (peer: Peer, signer: Peer = peer): Uint8Array {
  const payload = message(bytes(1, peer.id), number(2, 1), repeated(3, [bytes(1, ADDRESS)]))

  return sealEnvelope(PEER_RECORD_DOMAIN, PEER_RECORD_TYPE, payload, signer).envelope
}

const heyThere: Fields = { kind: 1, n: 1, state: 1, accepting: true, memory: 2, maxBytes: 1_048_576, name: 'alice' }

const MESSAGES: Array<[string, string, Peer, Fields]> = [
  ['hey-there', 'the owner starts and searches for its stash', owner, { ...heyThere, peerRecord: peerRecord(owner) }],
  ['here', 'an hour later: settled', owner, { ...heyThere, kind: 2, n: 120, state: 3, uptime: 3_600 }],
  ['watermark', 'another half hour later: its second record has been acknowledged', owner,
    { ...heyThere, kind: 2, n: 121, state: 3, uptime: 5_400, watermark: second.envelope }],
  ['chau', 'it leaves', owner, { ...heyThere, kind: 3, n: 122, state: 3, uptime: 5_420 }],
  ['confidant', 'a nara without a stash of its own, full and nameless', c1,
    { kind: 2, boot: bootB, n: 7, uptime: 86_400, memory: 1, maxBytes: 1_048_576 }],
  ['on-disk', 'the same after a restart, with all that it held', c1,
    { kind: 1, boot: bootA, n: 1, uptime: 2, accepting: true, memory: 1, maxBytes: 1_048_576, onDisk: true }],
  ['twin', 'another process was heard that speaks as the same peer', owner, { ...heyThere, kind: 2, n: 123, state: 3, uptime: 5_430, twin: bootB }]
]

const REJECTED: Array<[string, Uint8Array]> = [
  ['no bytes', new Uint8Array()],
  ['bytes that are no message', fromHex('ffffffff')],
  ['more than 4 KiB', concat(presence(heyThere), present(15, new Uint8Array(4_096)))],
  ['no kind', presence({ ...heyThere, kind: 0 })],
  ['a kind that is not known', presence({ ...heyThere, kind: 4 })],
  ['a boot of 7 bytes', presence({ ...heyThere, boot: 'a1'.repeat(7) })],
  ['n 0', presence({ ...heyThere, n: 0 })],
  ['n 2^53', presence({ ...heyThere, n: 2n ** 53n })],
  ['a state that is not known', presence({ ...heyThere, state: 6 })],
  ['a memory mode that is not known', presence({ ...heyThere, memory: 4 })],
  ['a name of 65 bytes', presence({ ...heyThere, name: 'a'.repeat(65) })],
  ['a line break in a name', presence({ ...heyThere, name: 'al\nice' })],
  ['a name that is not in NFC', presence({ ...heyThere, name: 'n\u0303andu' })],
  ['a right-to-left override in a name', presence({ ...heyThere, name: 'al\u202eice' })],
  ['a name that is not UTF-8', presence({ ...heyThere, name: fromHex('c328') })],
  ['max_bytes 2^53', presence({ ...heyThere, maxBytes: 2 ** 53 })],
  ['uptime_s 2^32', presence({ ...heyThere, uptime: 2 ** 32 })],
  ['n twice', concat(presence(heyThere), number(3, 2))],
  ['its name as a number', concat(presence({ ...heyThere, name: '' }), number(9, 1))],
  ['a watermark of 2,049 bytes', presence({ ...heyThere, watermark: new Uint8Array(2_049) })],
  ['its watermark as a number', concat(presence(heyThere), number(11, 1))],
  ['field 0', concat(presence(heyThere), fromHex('0001'))]
]

export function presenceVectors (): object {
  return {
    address: '/ip4/192.0.2.1/tcp/4001',
    messages: MESSAGES.map(([name, about, peer, fields]) => ({
      name,
      about,
      from: peer.text,
      message: hex(presence(fields)),
      ...(fields.peerRecord == null ? {} : { peerRecord: hex(fields.peerRecord) }),
      ...(fields.watermark == null ? {} : { watermark: hex(fields.watermark) })
    })),
    /** Heard, but not believed where its author can be dialled. */
    foreignPeerRecord: hex(presence({ ...heyThere, peerRecord: peerRecord(owner, stranger) })),
    laterField: hex(concat(presence(heyThere), present(12, utf8('later')))),
    rejected: REJECTED.map(([why, message]) => ({ why, message: hex(message) }))
  }
}
