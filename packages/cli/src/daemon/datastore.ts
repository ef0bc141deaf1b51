import { LevelDatastore } from 'datastore-level'
import type { OpenDatastore } from './nara-options.ts'

/** LevelDB's write ends by itself once the system has the data; with this, once the disk has. */
const ON_DISK = { sync: true }

/**
 * What it says is kept outlives a power cut, and what it says is gone stays gone: who is told STORED relies on it.
 *
 * @see https://github.com/google/leveldb/blob/main/doc/index.md, "Synchronous Writes"
 */
export class DiskDatastore extends LevelDatastore {
  override async put (...[key, value, options]: Parameters<LevelDatastore['put']>): ReturnType<LevelDatastore['put']> {
    options?.signal?.throwIfAborted()
    await this.db.put(key.toString(), value, ON_DISK)

    return key
  }

  override async delete (...[key, options]: Parameters<LevelDatastore['delete']>): Promise<void> {
    options?.signal?.throwIfAborted()
    await this.db.del(key.toString(), ON_DISK)
  }
}

export const openDatastore: OpenDatastore = async path => {
  const datastore = new DiskDatastore(path)

  await datastore.open()

  return { datastore, close: async () => { await datastore.close() } }
}
