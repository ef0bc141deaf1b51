import { MemoryDatastore } from 'datastore-core'
import type { StashDatastore } from '../../src/held/datastore-store.ts'
import type { Key, KeyQuery, Pair, Query } from 'interface-datastore'

/** What becomes of the write that a fault hits. A `silent` one seems to succeed. */
export type Damage = 'lost' | 'done' | 'half' | 'empty' | 'zeros'

export interface Fault {
  /** Which of the writes, counted from 0. */
  at: number
  damage: Damage
  /** The process is dead from then on; else it gets an error and goes on, or, if silent, gets none. */
  next: 'crash' | 'go on' | 'silent'
}

/** A datastore in RAM, of which chosen writes go wrong. What it keeps outlives the process that uses it. */
export class FaultyDatastore implements StashDatastore {
  writes = 0
  /** While true nothing can be deleted. */
  sticky = false
  private readonly disk: MemoryDatastore
  private readonly faults: Fault[]
  private dead = false

  constructor (disk: MemoryDatastore, faults: readonly Fault[] = []) {
    this.disk = disk
    this.faults = [...faults]
  }

  add (fault: Fault): void {
    this.faults.push(fault)
  }

  async put (key: Key, value: Uint8Array): Promise<Key> {
    const fault = this.nextWrite()
    const written = fault == null ? value : damaged(value, fault.damage)

    if (written != null) {
      // a copy, as a disk makes one
      await this.disk.put(key, written.slice())
    }

    this.suffer(fault)

    return key
  }

  async delete (key: Key): Promise<void> {
    const fault = this.nextWrite()

    if (this.sticky) {
      throw new Error('read-only')
    }

    if (fault == null || fault.damage === 'done') {
      await this.disk.delete(key)
    }

    this.suffer(fault)
  }

  async get (key: Key): Promise<Uint8Array> {
    this.live()

    return await this.disk.get(key)
  }

  async * query (query: Query): AsyncGenerator<Pair> {
    this.live()
    yield * this.disk.query(query)
  }

  async * queryKeys (query: KeyQuery): AsyncGenerator<Key> {
    this.live()
    yield * this.disk.queryKeys(query)
  }

  private nextWrite (): Fault | undefined {
    this.live()
    const at = this.writes++

    return this.faults.find(fault => fault.at === at)
  }

  private suffer (fault: Fault | undefined): void {
    if (fault == null || fault.next === 'silent') {
      return
    }

    this.dead = fault.next === 'crash'
    throw new Error(`input/output error (${fault.damage})`)
  }

  private live (): void {
    if (this.dead) {
      throw new Error('the process is dead')
    }
  }
}

function damaged (value: Uint8Array, damage: Damage): Uint8Array | undefined {
  switch (damage) {
    case 'lost': return undefined
    case 'done': return value
    case 'half': return value.subarray(0, value.byteLength >> 1)
    case 'empty': return new Uint8Array(0)
    // the length reached the disk, the last of the data did not
    case 'zeros': return value.map((byte, i) => i < value.byteLength >> 1 ? byte : 0)
  }
}
