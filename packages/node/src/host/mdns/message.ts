import { isLinkLocal } from '../../policy/reach.ts'
import { AUTHORITATIVE_ANSWER, decode, encode } from 'dns-packet'
import type { Answer, DecodedPacket } from 'dns-packet'

/** RFC 6762, section 17. Bytes. */
const LARGEST = 9_000

/** What is taken of one message: far more than a nara says of itself, far less than fits into it. */
const MAX_RECORDS = 128
const MAX_INSTANCES = 8
const MAX_ADDRESSES = 16
const MAX_KNOWN = 16

/** What is sent stays below the smallest packet that every IPv6 link carries whole, less its headers (RFC 8200, section 5). Bytes. */
const MAX_MESSAGE = 1_200

/** How long others may remember what is said: at four fifths of it they ask again, and everybody answers. Seconds. */
export const TTL = 600

/** The string of a TXT record that holds one multiaddr (libp2p specification, "mDNS"). */
const PREFIX = 'dnsaddr='
/** RFC 6763, section 6.1. Bytes. */
const MAX_STRING = 255

/** Somebody asks who is there, and names those whom it knows already (RFC 6762, section 7.1). */
export interface Query {
  type: 'query'
  known: ReadonlyArray<{ instance: string, ttl: number }>
  /** The answers may go to the asker alone (RFC 6762, section 5.4). */
  isUnicast?: boolean
}

export interface Response {
  type: 'response'
  instances: readonly Instance[]
}

/** A running node of the service, under a random name. */
export interface Instance {
  name: string
  /** Seconds; with 0 it takes its leave. */
  ttl: number
  /** Multiaddrs as they were said. */
  addresses: string[]
}

/** A cheap first look: most of what a LAN's printers and televisions say is not. */
export function isAbout (bytes: Uint8Array, service: string): boolean {
  return bytes.byteLength <= LARGEST && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(service.slice(0, service.indexOf('.')))
}

/**
 * A message of RFC 6762, if it is about `service`.
 *
 * @param service - such as `_nara-ef1d1062._udp.local`
 */
export function readMessage (bytes: Uint8Array, service: string): Query | Response | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

  if (!isAbout(bytes, service) || countRecords(buffer) > MAX_RECORDS) {
    return undefined
  }

  let packet: DecodedPacket

  try {
    packet = decode(buffer)
  } catch {
    return undefined
  }

  const { answers = [], additionals = [], questions = [] } = packet

  if (packet.type === 'query') {
    const asking = questions.filter(({ name, type }) => isSame(name, service) && type === 'PTR')
    const known = pointers(answers, service).map(({ name, ttl }) => ({ instance: name, ttl }))
    // "IN" with the uppermost bit set is another class to the decoder
    const isForAll = asking.every(({ class: kind }) => kind === 'IN')

    return asking.length > 0 ? { type: 'query', known, ...(!isForAll && { isUnicast: true }) } : undefined
  }

  const instances = pointers(answers, service).slice(0, MAX_INSTANCES).map(({ name, ttl }) => ({
    name, ttl, addresses: addressesOf(name, [...answers, ...additionals])
  }))

  return instances.length > 0 ? { type: 'response', instances } : undefined
}

/** Asks who is there, but for those who are known. */
export function writeQuery (service: string, known: ReadonlyArray<{ instance: string, ttl: number }>): Uint8Array {
  const answers: Answer[] = known.slice(0, MAX_KNOWN).map(({ instance, ttl }) => ({ name: service, type: 'PTR', class: 'IN', ttl, data: instance }))
  const query = (): Uint8Array => encode({ type: 'query', id: 0, questions: [{ name: service, type: 'PTR' }], answers })

  // those who are not named answer, and are known all the same
  while (query().byteLength > MAX_MESSAGE) {
    answers.pop()
  }

  return query()
}

/** Says where `instance` is; link-local addresses last, as not everybody knows what to do with them. */
export function writeResponse (service: string, instance: string, addresses: readonly string[]): Uint8Array {
  const data = addresses.toSorted((a, b) => Number(isLinkLocal(a)) - Number(isLinkLocal(b)))
    .map(address => PREFIX + address)
    .filter(text => Buffer.byteLength(text) <= MAX_STRING)
  const response = (): Uint8Array => encode({
    type: 'response',
    id: 0,
    flags: AUTHORITATIVE_ANSWER,
    answers: [{ name: service, type: 'PTR', class: 'IN', ttl: TTL, data: instance }],
    additionals: [{ name: instance, type: 'TXT', class: 'IN', flush: true, ttl: TTL, data: [...data] }]
  })

  while (response().byteLength > MAX_MESSAGE) {
    data.pop()
  }

  return response()
}

/** Takes leave of everybody (RFC 6762, section 10.1). It says no address: who does not look at the TTL would dial it. */
export function writeGoodbye (service: string, instance: string): Uint8Array {
  return encode({ type: 'response', id: 0, flags: AUTHORITATIVE_ANSWER, answers: [{ name: service, type: 'PTR', class: 'IN', ttl: 0, data: instance }] })
}

/** What the header claims: a decoder sets room aside for all of it. */
function countRecords (buffer: Buffer): number {
  return buffer.byteLength < 12 ? Infinity : [4, 6, 8, 10].reduce((sum, offset) => sum + buffer.readUInt16BE(offset), 0)
}

function pointers (answers: readonly Answer[], service: string): Array<{ name: string, ttl: number }> {
  return answers.flatMap(answer => answer.type === 'PTR' && isSame(answer.name, service) ? [{ name: answer.data.toLowerCase(), ttl: answer.ttl ?? 0 }] : [])
}

function addressesOf (instance: string, answers: readonly Answer[]): string[] {
  const addresses = answers
    .flatMap(answer => answer.type === 'TXT' && isSame(answer.name, instance) ? [answer.data].flat() : [])
    .map(String)
    .filter(text => text.startsWith(PREFIX))
    .map(text => text.slice(PREFIX.length))

  return [...new Set(addresses)].slice(0, MAX_ADDRESSES)
}

/** RFC 6762, section 16. */
function isSame (name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase()
}
