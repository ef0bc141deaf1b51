/**
 * Syncs a folder for many at once: one sync serves all who asked before it began. One that is under way may have begun before what the
 * caller did, so it does not count for the caller.
 */
export class FolderSync {
  private readonly sync: () => Promise<void>
  private running: Promise<void> = Promise.resolve()
  private next: Promise<void> | undefined

  constructor (sync: () => Promise<void>) {
    this.sync = sync
  }

  /** Resolves once all that was renamed, made and removed in the folder until now is on the disk. */
  async settle (): Promise<void> {
    this.next ??= this.running.catch(() => {}).then(async () => {
      this.next = undefined
      this.running = this.sync()
      await this.running
    })
    await this.next
  }
}
