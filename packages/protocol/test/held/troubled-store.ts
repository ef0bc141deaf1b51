import { MemoryStashStore } from '../../src/held/memory-store.ts'
import type { HeldStash } from '../../src/held/held-stash.ts'
import type { LoadedStashes } from '../../src/held/stash-store.ts'
import type { RecordHeader } from '../../src/record/header.ts'

type Method = 'load' | 'put' | 'update' | 'body' | 'delete'

/** A store in RAM whose methods fail, or wait, or find nothing, when told to. */
export class TroubledStore extends MemoryStashStore {
  readonly failing = new Set<Method>()
  /** The system's code for how it fails. */
  code = 'EIO'
  readonly calls: Method[] = []
  lost = false
  /** Every call waits for it. */
  gate: Promise<void> = Promise.resolve()

  private called = Promise.withResolvers<Method>()

  /** Resolves with the next call. */
  async next (): Promise<Method> {
    return await this.called.promise
  }

  override async load (): Promise<LoadedStashes> {
    await this.enter('load')

    return await super.load()
  }

  override async put (stash: HeldStash, body: Uint8Array): Promise<void> {
    await this.enter('put')
    await super.put(stash, body)
  }

  override async update (): Promise<void> {
    await this.enter('update')
  }

  override async body (record: RecordHeader): Promise<Uint8Array | undefined> {
    await this.enter('body')

    return this.lost ? undefined : await super.body(record)
  }

  override async delete (owner: string): Promise<void> {
    await this.enter('delete')
    await super.delete(owner)
  }

  private async enter (method: Method): Promise<void> {
    this.calls.push(method)
    this.called.resolve(method)
    this.called = Promise.withResolvers<Method>()
    await this.gate

    if (this.failing.has(method)) {
      throw Object.assign(new Error(`the disk fails to ${method}`), { code: this.code })
    }
  }
}
