const second = 1_000
const minute = 60 * second

/** The presence topic (SPEC.md, "Presence"). */
export const PRESENCE_TOPIC = '/nara/presence/1.0.0'

/** A presence message at most, in bytes: a signed peer record with a dozen addresses fits. */
export const MAX_PRESENCE_BYTES = 4 * 1024

/** Time from first contact after which silence is an answer: settled unconfirmed, or empty. Milliseconds. */
export const SETTLE_TIMEOUT = 10 * second

/** Time from first contact after which a newer record that nobody can produce is a suspected rollback. Milliseconds. */
export const ROLLBACK_TIMEOUT = 30 * second

/**
 * A stranger has this long to show what it has seen of ours before enough direct copies settle it: to the far side of
 * the world and back are 0.3 s. Holders and known peers have ASK_TIMEOUT. Milliseconds.
 */
export const WITNESS_GRACE = 1 * second

/** A recovering owner waits this long for a peer's header, and asks once more. Milliseconds. */
export const ASK_TIMEOUT = 3 * second
export const ASK_RETRIES = 1

/**
 * A settled owner asks one holder in turn what it has seen: after a minute, then after a tenth of the time that nothing came of it, half an hour at most. A twin
 * that starts meets one that has been quiet for hours within minutes of its own questions; each question costs a round trip. Milliseconds.
 */
export const WITNESS_INTERVAL = 1 * minute
export const WITNESS_INTERVAL_MOST = 30 * minute
export const WITNESS_SLOWDOWN = 10

/** A drill in which nobody has shown anything by then never comes to an end: nobody answers. Milliseconds. */
export const DRILL_TIMEOUT = 2 * ROLLBACK_TIMEOUT

/** A body that a peer could not give, or a header that it did not, is asked of it again after this long. Milliseconds. */
export const BODY_RETRY = 5 * second
export const ASK_AGAIN = 10 * second

/** How often the owner looks at its copies when nothing wakes it. Milliseconds. */
export const RECONCILE_INTERVAL = 30 * second

/** A confidant may be away this long before it is replaced, while minCopies are there. Milliseconds. */
export const REPAIR_DELAY = 60 * second

/**
 * The same if it went with its copy on a disk: it is likely to bring it back, and until then the owner has the content, and the holders that are here. Milliseconds.
 */
export const DISK_REPAIR_DELAY = 120 * minute

/** After so many failed stores, or this long away, a confidant counts as failed. */
export const FAILED_AFTER = 2
export const FAILED_AWAY = 10 * minute

/** Between two challenges of a holder, and the share by which that varies either way, so that owners who started together do not audit together. */
export const AUDIT_INTERVAL = 60 * minute
export const AUDIT_JITTER = 0.2

/** Who merely says that it has a record is challenged within this time. Milliseconds. */
export const AUDIT_SOON = 5 * second

/**
 * No peer is challenged more often for one record over one connection, nor gives more proofs of it to one peer: a proof costs its prover the hashing of a body. A new connection is
 * another matter: whoever is there may have lost what it had, and one that proved it a moment ago says BUSY, which costs nothing. Milliseconds.
 */
export const AUDIT_GAP = 1 * minute

/**
 * Holders repair for an owner that is away when copies have been short this long: blips of the network heal by themselves, and a holder that died does not get its copy
 * back by being waited for. With fewer than minCopies they wait only for the shortest blips. Milliseconds.
 */
export const SURROGATE_DELAY = 20 * second
/**
 * The same, by a holder whose own copy is on a disk, for copies that went with their holders' disks, as long as minCopies are here: what it waits for is a copy that somebody can
 * reach, not one that there is. No longer: with no more than minCopies here, each that goes costs a copy at once. Milliseconds.
 */
export const SURROGATE_DELAY_DISK = 60 * minute
/** Who had nobody at all, and has somebody again, was itself away: the others have this long to be connected before they count as gone. Milliseconds. */
export const REUNION = 20 * second
export const SURROGATE_DELAY_BELOW = 10 * second

/** A repair that is due waits so long for holders that are here and have yet to answer: what they prove may spare a copy. Milliseconds. */
export const ANSWER_PATIENCE = 60 * second

/** The i-th of those who notice waits i times this longer, so that it sees what those before it did. Milliseconds. */
export const RANK_STEP = 10 * second

/** An owner that is here, and settled, for so long has had the time to repair by itself: its own delay, and as much to store. Milliseconds. */
export const OWNER_TAKEOVER = 2 * minute

/**
 * A holder that knows of a newer record than its own leaves its own alone, until nobody who is here has shown the newer one for this long: time for its holders to bring
 * it, whatever its size. Milliseconds.
 */
export const OUTDATED_WAIT = 60 * minute

/** Promises that end sooner than this are not spread any more. Milliseconds. */
export const REPAIR_LEASE = 60 * minute

/**
 * So many copies beyond the target stay where they are if they are on disks: who goes takes one along, who comes back brings one, and neither costs a body.
 */
export const SPARE_COPIES = 2

/** A surrogate is the longest-running of so many drawn at random: by uptime alone everybody would choose the same few. */
export const SURROGATE_CHOICE = 8

/** A peer that refused a copy, or failed to take it, is not asked for the same record for this long. Milliseconds. */
export const SURROGATE_BACKOFF = 5 * minute

/** Peers whose refusals, and what else it is wary of, a holder remembers for one record; the oldest go first. */
export const MAX_REFUSALS = 256

/**
 * Who was brought a copy and comes back without it gets the next one after these, by how many it was brought before: one that restarts is refilled at once, one that
 * restarts in a loop, or says so, does not make others send bodies without end. Forgotten after a while without. Milliseconds.
 */
export const REFILL_BACKOFF = [0, 1 * minute, 5 * minute, 30 * minute] as const
export const REFILL_FORGIVEN = 2 * 60 * minute

/** Who is said to hold a copy, and shows none, is asked no more often than this per AUDIT_GAP because others say so. */
export const MAX_DENIALS = 4

/** Holders of one record that are known at once, beside those that its owner chose: the target is at most 16. */
export const MAX_DUTY_HOLDERS = 64

/** How often a holder looks whether it was away itself, and whether promises have ended. Milliseconds. */
export const ABSENCE_TICK = 10 * minute

/** Co-holders are told that a copy goes, and have this long to hear it, before it goes. Milliseconds. */
export const TELLING_TIMEOUT = 3 * second

/** A holder that leaves waits this long for an owner that is here to let go of it. Milliseconds. */
export const TAKEOVER_WAIT = 3 * second

/** The share of its lease after which a holder is asked to keep its copy again: the rest is for an owner that is away. */
export const RENEW_SHARE = 1 / 8

/**
 * Before a peer is told once more to let go of a copy, by how often it was told over its present connection: it may have missed it, but one that has it still is likely never to listen.
 * Milliseconds.
 */
export const RELEASE_BACKOFF = [1 * minute, 5 * minute, 15 * minute, 60 * minute] as const

/** Milliseconds before a failed store is tried again, by the number of failures. */
export const STORE_BACKOFF = [1 * second, 5 * second, 15 * second, 30 * second] as const

/** How long a nara says nothing between two HERE at least; it grows with the peers known, so a node's share of gossip does not. */
export const HERE_INTERVAL = 30 * second
export const HERE_PER_PEER = 1 * second

/** While there is nothing new to say, and nobody new to hear it, HERE is said no oftener than this: connections tell who is alive. Milliseconds. */
export const HERE_UNCHANGED = 4 * minute

/** Peers that these grow with at most, and how long one counts that is not heard any more: invented peers cannot silence anybody. Milliseconds. */
export const MAX_AUDIENCE = 300
export const ALIVE_FOR = 15 * minute

/** A watermark that has not changed is told again after so many intervals of HERE, for those who missed it. */
export const WATERMARK_EVERY = 10

/** So is where a nara can be dialled, for those who came too late for its HEY_THERE. */
export const ADDRESSES_EVERY = 10

/**
 * A record that a peer shows so long after it had answered us without it was written since, by another living process; and so
 * long after another boot of ours was named it is named again. Milliseconds.
 */
export const TWIN_AFTER = 15 * second

/** How often another boot of ours is named, if it goes on speaking: gossip may lose one. */
export const TWIN_ANSWERS = 3

/** Twins that are told because others say that there are: who makes them up is not believed without end. */
export const MAX_RUMOURS = 8

/** HEY_THERE is said again after these, for those who were not in the mesh yet. Milliseconds. */
export const HEY_THERE_STEPS = [1 * second, 2 * second, 4 * second, 8 * second, 16 * second, 30 * second]

/** While a nara is this young a new subscriber makes it say HEY_THERE again, at most once in the gap. Milliseconds. */
export const YOUNG = 2 * minute
export const HEY_THERE_GAP = 250
/** The gap grows with the peers known: everybody's answer to everybody who comes would be the square of them. */
export const HEY_THERE_PER_PEER = 100

/** Connections to others of its kind that a nara tries to keep. */
export const MIN_CONNECTIONS = 16

/** Between two looks at the connections, and before an address that failed is dialled again. Milliseconds. */
export const CONNECT_INTERVAL = 5 * second
export const DIAL_BACKOFF = [1 * second, 5 * second, 15 * second, 1 * minute, 5 * minute]
/**
 * A nara without any connection tries some of those that it met this often, and these are drawn anew about as often: it may be
 * the first of a household to be switched on. Milliseconds.
 */
export const ALONE_RETRY = 10 * second
/** So many: a household has no more, and one that knows thousands must not dial all of them again and again. */
export const ALONE_PEERS = 8
export const DIAL_TIMEOUT = 10 * second
/** Dials at once, so that a burst of newcomers is not met with a burst of dials. */
export const DIALS_AT_ONCE = 4

/** Peers that the directory remembers. To make room those go first that were only heard of, the longest unheard before the others. */
export const MAX_KNOWN_PEERS = 4_096

/** Bytes of writes that may wait for recovery, if twice maxStash is not more. */
export const MAX_WAITING_BYTES = 64 * 1024 * 1024

/** Versions that may wait, however short: each takes a kilobyte or two besides its bytes, and a turn. Writes that become one version count once. */
export const MAX_WAITING_WRITES = 4_096

/** Calls that may wait for their answers. Those that become one version keep nothing of their data, but a kilobyte each. */
export const MAX_WAITING_CALLERS = 65_536

/**
 * A version is on its way for this long, and the time its body takes, unless it is kept before; then the next one takes its place. More than a way around the world and back.
 * Milliseconds.
 */
export const WRITE_TURN = 1 * second

/** Versions kept readable after they were set aside. */
export const MAX_SET_ASIDE = 8

/** A stop takes no longer than this to hand on what absent owners left here. Milliseconds. */
export const LEAVE_TIMEOUT = 10 * second
