import { BOOT_BYTES, createSha256, NewestTable, pastOf, sealHeader, supersedesOrIs } from '@nara-stash/protocol'
import { toString } from 'uint8arrays/to-string'
import { MAX_SET_ASIDE } from '../../constants.ts'
import { privateKeyFromSoul } from '../../identity.ts'
import { openBody, sealBody } from '../../sealed-body.ts'
import type { SetAsideStash } from '../../api.ts'
import type { Soul } from '@nara-stash/crypto'
import type { Random, RecordHeader } from '@nara-stash/protocol'
import type { Ed25519PrivateKey } from '@libp2p/interface'

/** One version of our stash, readable. */
export interface Version {
  record: RecordHeader
  body: Uint8Array
  data: Uint8Array
  /** When the application wrote `data`, however often it was sealed since: milliseconds since 1970 by the writer's clock, a label. */
  createdAt: number
}

export interface OwnStashInit {
  soul: Soul
  /** Our peer id, base58. */
  owner: string
  random: Random
  newest: NewestTable
}

/**
 * What the owner knows: the current version, what else its next record builds on, and the highest seq it has seen. Seals each seq
 * once.
 */
export class OwnStash {
  /** Our peer id, base58. */
  readonly owner: string
  /** This process since its start or its last `clear`, 16 hex digits: an actor of the version vector that records carry. */
  boot: string
  /** All boots of this process. */
  readonly boots = new Set<string>()
  readonly privateKey: Ed25519PrivateKey
  current: Version | undefined
  /** The record that deleted what was, while nothing was written since. */
  tombstone: RecordHeader | undefined
  /** Versions that were not taken, newest first: strangers and writes that came too late. */
  setAside: readonly SetAsideStash[] = []

  private readonly init: OwnStashInit
  private alsoKnown: RecordHeader[] = []
  private highest = 0

  constructor (init: OwnStashInit) {
    this.init = init
    this.owner = init.owner
    this.boot = this.newBoot()
    this.privateKey = privateKeyFromSoul(init.soul)
  }

  /** A valid record of ours was seen: the next seq is above it. */
  note (record: RecordHeader): void {
    this.highest = Math.max(this.highest, record.seq)
    this.init.newest.see(record)
  }

  /** The next record shall have `record` and its history in its past. */
  buildOn (record: RecordHeader): void {
    this.note(record)
    this.alsoKnown.push(record)
  }

  /** What the next record builds on. */
  known (): RecordHeader[] {
    return [...this.alsoKnown, ...(this.current == null ? [] : [this.current.record]), ...(this.tombstone == null ? [] : [this.tombstone])]
  }

  /** True if the next record will supersede `record`. */
  covers (record: RecordHeader): boolean {
    return this.known().some(other => supersedesOrIs(other, record))
  }

  /** True if it was decided to go on without taking it. */
  isDecided (record: RecordHeader): boolean {
    return this.alsoKnown.some(other => supersedesOrIs(other, record))
  }

  /** Makes a version that was found the current one. */
  adopt (version: Version): void {
    this.note(version.record)
    this.replace(version)
  }

  /** What there was has been deleted. */
  bury (tombstone: RecordHeader): void {
    this.note(tombstone)
    this.current = undefined
    this.tombstone = tombstone
  }

  /**
   * Seals `data` as the next version and makes it current, unless all was forgotten meanwhile.
   *
   * @param writtenAt - when the application wrote it, milliseconds since 1970
   */
  async seal (data: Uint8Array, writtenAt: number): Promise<Version> {
    const { soul, owner } = this.init
    const createdAt = Math.max(Math.round(writtenAt), 0)

    return await this.sign({ data, createdAt }, seq => sealBody(soul, { data, createdAt }, { owner, seq }))
  }

  /** Seals a tombstone: the next version is that there is none. */
  async sealTombstone (): Promise<Version> {
    return await this.sign({ data: new Uint8Array(0), createdAt: 0 })
  }

  /**
   * @throws {WrongKeyError} our soul does not open it
   */
  open (record: RecordHeader, body: Uint8Array): Version {
    const { data, createdAt } = openBody(this.init.soul, body, { owner: record.owner, seq: record.seq })

    return { record, body, data, createdAt }
  }

  /** Keeps a version that was not taken readable: the latest few, each once. */
  putAside (version: SetAsideStash): void {
    this.setAside = [version, ...this.setAside.filter(({ id }) => id !== version.id)].slice(0, MAX_SET_ASIDE)
  }

  /** The same owner, as a process is that has just started. */
  anew (): OwnStash {
    return new OwnStash({ ...this.init, newest: new NewestTable() })
  }

  /**
   * Forgets everything but the highest seq. What comes next is another boot's: a boot's later record covers its earlier ones, and what
   * it now knows nothing of must not be covered.
   */
  clear (): void {
    this.current = undefined
    this.tombstone = undefined
    this.alsoKnown = []
    this.boot = this.newBoot()
  }

  private async sign (content: Pick<Version, 'data' | 'createdAt'>, bodyOf?: (seq: number) => Uint8Array): Promise<Version> {
    const { boot } = this
    const known = this.known()
    // taken before anything is awaited, so no two versions can share a seq
    const seq = ++this.highest
    const body = bodyOf?.(seq) ?? new Uint8Array(0)
    const record = await sealHeader({
      kind: bodyOf == null ? 'tombstone' : 'data',
      seq,
      boot,
      past: pastOf(known, boot),
      bodyLength: body.byteLength,
      bodyDigest: bodyOf == null ? '' : toString(createSha256().update(body).digest(), 'base16')
    }, this.privateKey)

    const version = { record, body, ...content }
    // so many boots came after some that the past has no room for them
    this.alsoKnown = this.alsoKnown.filter(other => !known.includes(other) || !supersedesOrIs(record, other))
    this.note(record)

    // a later one may have been faster
    if (this.boot === boot && record.seq > Math.max(this.current?.record.seq ?? 0, this.tombstone?.seq ?? 0)) {
      this.replace(version)
    }

    return version
  }

  private replace (version: Version): void {
    const isTombstone = version.record.kind === 'tombstone'

    this.current = isTombstone ? undefined : version
    this.tombstone = isTombstone ? version.record : undefined
  }

  private newBoot (): string {
    const boot = toString(this.init.random.bytes(BOOT_BYTES), 'base16')
    this.boots.add(boot)

    return boot
  }
}
