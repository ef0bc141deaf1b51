import { Key } from 'interface-datastore/key'

/**
 * How stashes lie in a datastore:
 *
 * - `PREFIX/entries/OWNER/REVISION`: the entry. Each is written under its owner's next revision, so none is overwritten.
 * - `PREFIX/bodies/OWNER/RECORD`: the body of a record. Never shared between owners: anyone can sign a copy of another's
 *   payload, which has the same id.
 * - `PREFIX/clock/0` and `PREFIX/clock/1`: how long the holder has been running, what the time was, and what was left of the leases.
 */
export class DatastoreKeys {
  /** What to query for. */
  readonly entries: string
  readonly bodies: string
  readonly stamps: string

  constructor (prefix: string) {
    this.entries = new Key(`${prefix}/entries`).toString() + '/'
    this.bodies = new Key(`${prefix}/bodies`).toString() + '/'
    this.stamps = new Key(`${prefix}/clock`).toString() + '/'
  }

  entry (owner: string, revision: number): Key {
    return new Key(`${this.entries}${owner}/${revision}`)
  }

  body (owner: string, recordId: string): Key {
    return new Key(`${this.bodies}${owner}/${recordId}`)
  }

  /** Two places in turn. */
  stamp (revision: number): Key {
    return new Key(`${this.stamps}${revision % 2}`)
  }

  /** Undefined for a key that this layout does not make. */
  parseEntry (key: Key): { owner: string, revision: number } | undefined {
    const [owner, revision, ...rest] = key.toString().slice(this.entries.length).split('/')

    return owner == null || revision == null || rest.length > 0 || !/^[1-9]\d{0,14}$/.test(revision)
      ? undefined
      : { owner, revision: Number(revision) }
  }

  /** The owner of a body; undefined for a key that this layout does not make. */
  parseBody (key: Key): string | undefined {
    const [owner, recordId, ...rest] = key.toString().slice(this.bodies.length).split('/')

    return recordId == null || rest.length > 0 ? undefined : owner
  }
}
