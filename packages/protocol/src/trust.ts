import { peerIdFromString } from '@libp2p/peer-id'

/** Whom a nara deals with. Peer ids are strings, in base58 or as a CID. */
export interface TrustInit {
  /** If given, nobody else is dealt with. */
  allow?: readonly string[]
  /** Never dealt with; stronger than `allow`. */
  deny?: readonly string[]
}

export interface Trust {
  /** May this peer keep or bring something? */
  admits (peer: string): boolean
  /** Is it on the allow list by name? Quotas per address do not bind such a peer. */
  vouchedFor (peer: string): boolean
}

/**
 * @throws {RangeError} a list names what is no peer id
 */
export function createTrust (init: TrustInit = {}): Trust {
  const allow = init.allow == null ? undefined : peerIds('allow', init.allow)
  const deny = peerIds('deny', init.deny ?? [])

  return {
    admits: (peer) => !deny.has(peer) && (allow?.has(peer) ?? true),
    vouchedFor: (peer) => !deny.has(peer) && allow?.has(peer) === true
  }
}

/** In the one form in which connections name their peers: a peer denied by its CID must not slip through. */
function peerIds (list: string, peers: readonly string[]): Set<string> {
  return new Set(peers.map(peer => {
    try {
      return peerIdFromString(peer).toString()
    } catch (err) {
      throw new RangeError(`${list} names "${peer}", which is no peer id`, { cause: err })
    }
  }))
}

/** True for 127.0.0.0/8, ::1 and their IPv6-mapped forms: peers on one machine are not one peer. */
export function isLoopback (address: string): boolean {
  return /^(::ffff:)?127\./i.test(address) || address === '::1'
}
