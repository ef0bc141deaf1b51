/** Whom a nara deals with. Peer ids are base58 strings. */
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

export function createTrust (init: TrustInit = {}): Trust {
  const allow = init.allow == null ? undefined : new Set(init.allow)
  const deny = new Set(init.deny)

  return {
    admits: (peer) => !deny.has(peer) && (allow?.has(peer) ?? true),
    vouchedFor: (peer) => !deny.has(peer) && allow?.has(peer) === true
  }
}

/** True for 127.0.0.0/8, ::1 and their IPv6-mapped forms: peers on one machine are not one peer. */
export function isLoopback (address: string): boolean {
  return /^(::ffff:)?127\./i.test(address) || address === '::1'
}
