/** Runs the tasks of one key one after the other, in the order in which they came; those of other keys beside them. */
export class InTurn {
  private readonly last = new Map<string, Promise<unknown>>()

  /** Resolves or rejects as `task` does. That a task failed does not concern the next one. */
  async run <T> (key: string, task: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve()
    const mine = before.then(task, task)
    this.last.set(key, mine)

    try {
      return await mine
    } finally {
      if (this.last.get(key) === mine) {
        this.last.delete(key)
      }
    }
  }
}
