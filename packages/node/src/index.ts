/**
 * A nara: keeps its stash with confidants, gets it back with nothing but its soul, and holds the stashes of others.
 *
 * - `createNara(options)` is a whole node.
 * - `stash({ soul })` is a libp2p service for a node of your own.
 */
export { createNara } from './create-nara.ts'
export { stash } from './stash.ts'
export type { StashComponents } from './stash.ts'
export type { StashService } from './stash-service.ts'
export { privateKeyFromSoul, soulFromPrivateKey } from './identity.ts'
export * from './errors.ts'
export { PRESENCE_TOPIC } from './constants.ts'
export { decodePresence, encodePresence } from './presence-message.ts'
export type { Presence, PresenceKind } from './presence-message.ts'
export type * from './api.ts'
export type * from './address-book.ts'
export type { LocalDiscovery, MdnsStatus, Nara, NaraOptions } from './nara-types.ts'
