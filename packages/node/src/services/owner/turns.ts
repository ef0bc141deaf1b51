/** Runs tasks one after the other, in the order in which they came. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()

  /** Resolves or rejects as `task` does. That a task failed does not concern the next one. A task must not wait for one that comes after it. */
  async run <T> (task: () => T | Promise<T>): Promise<T> {
    const mine = this.last.then(task)
    this.last = mine.catch(() => {})

    return await mine
  }
}
