/** A timer that its heap knows; nobody else changes it. */
export interface HeapTimer {
  /** Undefined once it was taken or cancelled. */
  callback: (() => void) | undefined
}

/** Children of a node: four lie side by side in memory, and the tree is half as high as a binary one. */
const ARITY = 4

/** Room for so many timers at first. */
const FIRST_CAPACITY = 1_024

/** Fewer dead timers than this are not worth a sweep. */
const SWEEP_FROM = 1_024

/**
 * Timers in a heap, earliest first, stable by creation. Keys lie in flat columns, because with a million timers the cost is
 * in fetching them from memory. A cancelled timer stays where it is until it comes to the top or dead ones are the
 * majority, so cancelling costs nothing: most timers are deadlines that never run.
 */
export class TimerHeap {
  #due = new Float64Array(FIRST_CAPACITY)
  /** How many timers were made before each: those due at one instant are taken in this order. */
  #order = new Float64Array(FIRST_CAPACITY)
  readonly #timers: HeapTimer[] = []
  #made = 0
  #dead = 0

  /** Timers that are still to run. */
  get size (): number {
    return this.#timers.length - this.#dead
  }

  add (due: number, callback: () => void): HeapTimer {
    const timer = { callback }
    const at = this.#timers.length

    if (at === this.#due.length) {
      this.#due = doubled(this.#due)
      this.#order = doubled(this.#order)
    }

    this.#timers.push(timer)
    this.#rise(at, due, this.#made++, timer)

    return timer
  }

  cancel (timer: HeapTimer): void {
    if (timer.callback === undefined) {
      return
    }

    timer.callback = undefined
    this.#dead++

    if (this.#dead >= SWEEP_FROM && this.#dead * 2 > this.#timers.length) {
      this.#sweep()
    }
  }

  /** When the next timer is due; Infinity if there is none. */
  nextDue (): number {
    while (this.#timers.length > 0 && this.#timers[0]?.callback === undefined) {
      this.#removeFirst()
      this.#dead--
    }

    return this.#timers.length === 0 ? Infinity : this.#due[0] as number
  }

  /** Takes out the next timer and returns its callback. */
  take (): (() => void) | undefined {
    this.nextDue()

    const first = this.#timers[0]
    const callback = first?.callback

    if (first !== undefined) {
      first.callback = undefined
      this.#removeFirst()
    }

    return callback
  }

  #removeFirst (): void {
    const last = this.#timers.length - 1
    const timer = this.#timers.pop() as HeapTimer

    if (last > 0) {
      this.#sink(0, this.#due[last] as number, this.#order[last] as number, timer)
    }
  }

  /** Puts a timer at `hole` or, for as long as it comes before its parent, further up. */
  #rise (hole: number, due: number, order: number, timer: HeapTimer): void {
    const dues = this.#due

    while (hole > 0) {
      const parent = Math.floor((hole - 1) / ARITY)

      // no timer in the heap is younger: at one instant it comes last
      if (dues[parent] as number <= due) {
        break
      }

      this.#move(parent, hole)
      hole = parent
    }

    this.#put(hole, due, order, timer)
  }

  /** Puts a timer at `hole` or, for as long as a child comes before it, further down. */
  #sink (hole: number, due: number, order: number, timer: HeapTimer): void {
    const dues = this.#due
    const orders = this.#order
    const { length } = this.#timers

    for (let child = ARITY * hole + 1; child < length; child = ARITY * hole + 1) {
      let first = child

      for (let i = child + 1; i < Math.min(child + ARITY, length); i++) {
        if (before(dues[i] as number, orders[i] as number, dues[first] as number, orders[first] as number)) {
          first = i
        }
      }

      if (before(due, order, dues[first] as number, orders[first] as number)) {
        break
      }

      this.#move(first, hole)
      hole = first
    }

    this.#put(hole, due, order, timer)
  }

  #move (from: number, to: number): void {
    this.#put(to, this.#due[from] as number, this.#order[from] as number, this.#timers[from] as HeapTimer)
  }

  #put (at: number, due: number, order: number, timer: HeapTimer): void {
    this.#due[at] = due
    this.#order[at] = order
    this.#timers[at] = timer
  }

  #sweep (): void {
    let kept = 0

    for (let i = 0; i < this.#timers.length; i++) {
      if (this.#timers[i]?.callback !== undefined) {
        this.#move(i, kept++)
      }
    }

    this.#timers.length = kept
    this.#dead = 0

    for (let i = Math.floor((kept - 2) / ARITY); i >= 0; i--) {
      this.#sink(i, this.#due[i] as number, this.#order[i] as number, this.#timers[i] as HeapTimer)
    }
  }
}

function before (due: number, order: number, otherDue: number, otherOrder: number): boolean {
  return due < otherDue || (due === otherDue && order < otherOrder)
}

function doubled (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(2 * column.length)
  longer.set(column)

  return longer
}
