const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const second = 1_000
const minute = 60 * second

/** Seconds: promises are counted in them. */
const day = 24 * 60 * 60

/** The protocol's name on the wire (SPEC.md, "Streams"). */
export const STASH_PROTOCOL = '/nara/stash/1.0.0'

/** Signed envelope domain and payload type of a record's header (SPEC.md, "Record"). */
export const RECORD_DOMAIN = 'nara-stash-record'
export const RECORD_PAYLOAD_TYPE = '/nara/stash/record/1'

/** Signed envelope domain and payload type of a placement (SPEC.md, "Placement"). */
export const PLACEMENT_DOMAIN = 'nara-stash-placement'
export const PLACEMENT_PAYLOAD_TYPE = '/nara/stash/placement/1'

/** A header's envelope, in bytes: 64 past boots need 1.2 KiB, key and signature 150 bytes. */
export const MAX_HEADER_BYTES = 2 * kibibyte

/** A placement's envelope, in bytes: 16 holders and 64 allowed peers of 38 bytes each are 3.2 KiB. */
export const MAX_PLACEMENT_BYTES = 8 * kibibyte

/** Boots that a record remembers as its past; each costs 18 bytes in every header. The oldest goes first. */
export const MAX_PAST = 64

/** Bytes of a boot: random per process, so 8 make a collision within one owner's 64 remembered boots unthinkable. */
export const BOOT_BYTES = 8

/** Holders a placement names at most: enough for the wary, and the confidants' own coordination stays small. */
export const MAX_HOLDERS = 16

/** Live holders a message names at most: the holders of a placement and as many surrogates. */
export const MAX_LIVE_HOLDERS = 2 * MAX_HOLDERS

/** Peers a placement allows as surrogates at most. */
export const MAX_ALLOWED = 64

/** A body this small rides inside the message: one round trip fewer, and still less than a frame. */
export const MAX_INLINE_BODY = 16 * kibibyte

/** A message frame: header, placement, inline body and hints, with room for later fields. */
export const MAX_MESSAGE_BYTES = 32 * kibibyte

/** A frame of a streamed body: the size from which a stream no longer gets faster on loopback. */
export const MAX_BODY_FRAME = 64 * kibibyte

/** Bytes of a frame's length prefix: four hold 268 MB, so an endless varint ends at once. */
export const MAX_LENGTH_BYTES = 4

/** A stream must bring its first frame within this time: it was opened to ask something. Milliseconds. */
export const FIRST_FRAME_TIMEOUT = 5 * second

/** A request has this long plus the time its body takes at `REQUEST_RATE`. Milliseconds. */
export const REQUEST_TIMEOUT = 10 * second

/** Bytes per second a body is granted in a request's deadline: a slow home uplink. */
export const REQUEST_RATE = 64 * kibibyte

/** Who sends a body slower than this, in bytes per second, holds memory hostage and is cut off. */
export const MIN_RATE = 16 * kibibyte

/** The minimum rate holds after this time: a connection needs a moment to get going. Milliseconds. */
export const MIN_RATE_GRACE = 5 * second

/** What the hash of a proof begins with (SPEC.md, "CHALLENGE"). */
export const PROOF_DOMAIN = 'nara-stash-proof/1'

/** Bytes of a challenge's nonce: nobody can prepare the proofs of so many. */
export const NONCE_BYTES = 32

/** Bytes of a proof: a SHA-256. */
export const PROOF_BYTES = 32

/** A peer gets one proof of a record in this time: audits are hourly, and a proof costs the reading of the whole body. Milliseconds. */
export const PROOF_INTERVAL = 1 * minute

/** Bytes of bodies being proved at one moment, over all peers; the largest body always fits alone. */
export const MAX_PROVING_BYTES = 64 * mebibyte

/** Streams of the protocol per peer and direction: 64 requests at once are plenty and bound memory. */
export const MAX_STREAMS = 64

/**
 * Small stores (and offers) that a peer may bring a second: an owner that waits for each write before it makes the next
 * one does not get further over a network, and they are a sixth of what one core answers.
 */
export const STORES_PER_SECOND = 300

/** Small stores that a peer may bring at once after a pause: 50 of the largest, as below. */
export const STORE_BURST = 750

/**
 * Stores are bounded by their bytes, too: one of the largest body that is taken here counts as so many, any other in
 * proportion and at least as one. That is 20 of the largest a second: 22.5 MiB/s where stashes of 1 MiB are taken, more
 * than a home network moves.
 */
export const LARGEST_STORE = 15

/** A store of so few bytes counts as one wherever it is brought: a stash of 1 KiB, padded and sealed, with room to spare. */
export const SMALL_STORE = 4 * kibibyte

/**
 * Bodies of the largest size taken here that an owner may FETCH in a row. A recovery over a bad line tries the same holder every few seconds until one body is whole; more than that is work for
 * nothing.
 */
export const FETCH_BURST = 8

/**
 * What those bodies have in bytes comes back at REQUEST_RATE, and at least one in this time: the sender cannot tell how much arrived of a body whose stream broke, so that each try costs all of it,
 * and a large one over a bad line must not wait as long as it would take to arrive. One owner still cannot make a holder read and send without end. Milliseconds.
 */
export const FETCH_REFILL = 30 * second

/** Bytes of bodies being received at one moment, over all peers: what an attacker can make us allocate. */
export const MAX_BODIES_IN_FLIGHT = 64 * mebibyte

/** With that many bytes in flight a store is refused for this long: bodies come and go within seconds. Milliseconds. */
export const BUSY_RETRY_AFTER = 5 * second

/** Violations of the protocol that a peer is forgiven, and the time in which it earns one back. Milliseconds. */
export const VIOLATION_BURST = 3
export const VIOLATION_RECOVERY = 1 * minute

/** Peers whose violations are remembered; the longest remembered go first. */
export const MAX_PENALIZED_PEERS = 1_024

/** A connection that does not negotiate a stream within this time is dead. Milliseconds. */
export const PROBE_TIMEOUT = 5 * second

/** The largest stash a nara accepts unless told otherwise, in bytes of its owner's data. */
export const DEFAULT_MAX_STASH = 1 * mebibyte

/** The largest stash that can be allowed: a body is held whole in memory while it is checked. */
export const LARGEST_MAX_STASH = 64 * mebibyte

/** Owners whose newest header is remembered: 4,096 headers of 2 KiB are 8 MiB at most. */
export const MAX_NEWEST_OWNERS = 4_096

/** Owners of whom a header is remembered that came in conflict with the newest: twins are rare, and the header is news only until it is dealt with. */
export const MAX_BESIDE_OWNERS = 64

/**
 * How long a tombstone outlives the longest promise that it ended, in seconds of running time: whoever holds a copy has then promised it to nobody any
 * longer. Whoever was away for longer than this marks what it holds: nobody may be left who knows that it was deleted.
 */
export const TOMBSTONE_LIFE = 14 * day

/** Tombstones kept, and of all unpinned entries of the newest table as many at most are tombstones: with headers and placements of full size 10 MiB. */
export const MAX_TOMBSTONES = 1_024

/**
 * Who was out of touch for this long cannot know what became of what it holds: it asks before it repairs. Blips of a network are shorter.
 * Milliseconds.
 */
export const OWN_ABSENCE = 10 * minute

/** How often a holder with a datastore notes that it is running. A crash loses as much of its leases' time. Milliseconds. */
export const STAMP_INTERVAL = 5 * minute

/** Peers noted as co-holders of one owner's stash: the holders of a placement and as many surrogates. */
export const MAX_CO_HOLDERS = 2 * MAX_HOLDERS

/** Owners whose co-holders are noted: those of the 50 stashes and of the tombstones that a nara keeps. */
export const MAX_CO_HELD_OWNERS = 2 * MAX_TOMBSTONES

/** How many stashes and bytes a nara holds for others, by memory mode (the original's 5, 20 and 50). */
export const MEMORY_MODES = {
  low: { stashes: 5, bytes: 16 * mebibyte },
  medium: { stashes: 20, bytes: 64 * mebibyte },
  high: { stashes: 50, bytes: 256 * mebibyte }
} as const

/** Below these bytes of memory a machine counts as low, or as medium. */
export const LOW_MEMORY = 512 * mebibyte
export const MEDIUM_MEMORY = 2048 * mebibyte

/** Share of the slots that one remote address may fill, and the slots it always may: one host is not many peers. */
export const SLOTS_PER_ADDRESS = 1 / 4
export const MIN_SLOTS_PER_ADDRESS = 2

/** Share of the slots that copies brought by surrogates may fill: owners who ask themselves come first. */
export const SURROGATE_SLOTS = 1 / 2

/** Copies an owner wants, and how many make a write safe. */
export const DEFAULT_TARGET = 3
export const DEFAULT_MIN_COPIES = 2

/** How long a promise lasts without a word from its owner, in seconds: a month away, or a machine in repair. */
export const DEFAULT_LEASE = 30 * day

/** The shortest promise that an owner can ask for, in seconds: less would end over a weekend's power cut. */
export const MIN_LEASE = 1 * day

/** The longest promise that is asked for or given, in seconds: a year abroad and a month to come back. Whoever asks for more gets this. */
export const MAX_LEASE = 400 * day

/** A refused peer asks again after this long unless the reason tells better. Milliseconds. */
export const RETRY_AFTER = 1 * minute

/**
 * A peer that was refused because the disk is full, or nearly, asks again after this long: a disk does not empty within seconds, and a
 * household that is told makes room within minutes. Milliseconds.
 */
export const FULL_RETRY_AFTER = 5 * minute

/**
 * The largest body for a stash of `maxStash` bytes: Padme padding adds less than an eighth, and nonce, tag, creation time and
 * the padding floor fit in 2 KiB.
 */
export function maxBodyLength (maxStash: number): number {
  return maxStash + Math.ceil(maxStash / 8) + 2 * kibibyte
}
