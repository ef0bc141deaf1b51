import { buildsOf, textOf } from './entries.ts'
import { mapEntry } from './map-entry.ts'
import type { Nara, Process } from '../simulated/world.ts'
import type { Choice } from './entries.ts'
import type { Recorder } from './recorder.ts'

const second = 1_000

/** So long may the application wait for copies. Milliseconds. */
const WRITE_TIMEOUT = 30 * second

/** What the application of one process remembers: it ends with the process. */
interface Memory {
  /** The writes that were read or made. */
  knows: Set<string>
  /** A deletion is under way: what there is is not read any longer. */
  deletes: boolean
}

/** By process: one of two that takes the other's place goes on with what it remembers, and writes over nothing that it wrote and that is still to be sealed. */
const memories = new WeakMap<Process, Memory>()

/** The application that uses one owner's stash, and the person who decides its doubts: reads, then writes on top of what it knows. */
export class Application {
  private readonly owner: Nara
  private readonly recorder: Recorder
  private readonly mark: string
  private writes = 0

  /** @param mark - sets its writes apart from those of others with the same soul */
  constructor (owner: Nara, recorder: Recorder, mark = '') {
    this.owner = owner
    this.recorder = recorder
    this.mark = mark
  }

  /** Reads what there is, if it is known, and adds a write of its own. */
  write (bytes: number): void {
    const { owner, recorder } = this

    if (!owner.up) {
      return
    }

    const { memory } = this

    if (!memory.deletes && (owner.state === 'settled' || owner.state === 'empty')) {
      const current = owner.stash.getStashData()?.data
      buildsOf(current == null ? undefined : new TextDecoder().decode(current)).forEach(write => memory.knows.add(write))
    }

    const write = `${this.mark}w${++this.writes}`
    const process = recorder.nameOf(owner.process)
    const text = textOf({ owner: owner.id, write, builds: [...memory.knows, write] }, bytes)

    memory.knows.add(write)
    recorder.note({ type: 'write', owner: process, write, text })
    owner.put(text, { timeout: WRITE_TIMEOUT }).then(
      ({ outcome, coalesced }) => { recorder.note({ type: 'told', owner: process, write, outcome, ...(coalesced === true ? { coalesced } : {}) }) },
      (err: Error) => {
        memory.knows = new Set()
        recorder.note({ type: 'refused', owner: process, write, error: err.name })
      }
    )
  }

  /** Deletes what there is. */
  forget (): void {
    const { owner, recorder } = this

    if (!owner.up || owner.state !== 'settled') {
      return
    }

    const { memory } = this
    const write = `${this.mark}f${++this.writes}`
    const name = recorder.nameOf(owner.process)
    const ends = [...buildsOf(owner.text).union(memory.knows)]

    memory.knows = new Set()
    memory.deletes = true
    recorder.note({ type: 'forget', owner: name, write, ends })
    owner.stash.forgetStash({ timeout: WRITE_TIMEOUT }).then(
      ({ outcome }) => {
        memory.deletes = false
        recorder.note({ type: 'forgotten', owner: name, write, outcome })
      },
      (err: Error) => {
        memory.deletes = false
        recorder.note({ type: 'refused', owner: name, write, error: err.name })
      }
    )
  }

  /** The merge function: what builds on both. */
  merge (a: Uint8Array, b: Uint8Array): Uint8Array {
    const { owner: { id: owner }, recorder } = this
    const decoder = new TextDecoder()
    const builds = [...buildsOf(decoder.decode(a)).union(buildsOf(decoder.decode(b)))]
    const text = textOf({ owner, write: builds.at(-1) ?? '', builds })

    recorder.note({ type: 'merge', owner, text })

    return new TextEncoder().encode(text)
  }

  /** A person is asked about a doubt, and says the nth of what can be read, or that all is to begin anew. Resolves when that is done. */
  async decide (how: Choice, nth: number): Promise<void> {
    const { owner, recorder } = this
    const { stash } = owner

    if (!owner.up || stash.state !== 'doubtful') {
      return
    }

    const readable = stash.status().recovery.doubt?.records.filter(({ readable }) => readable) ?? []
    const one = readable[nth % readable.length]

    if (one == null && how !== 'fresh') {
      return
    }

    const { memory } = this
    const name = recorder.nameOf(owner.process)

    recorder.note({ type: 'choose', owner: name, how })

    try {
      switch (how) {
        case 'fresh':
          await stash.startFresh()
          break
        case 'adopt':
          await stash.adopt(one?.id ?? '', { timeout: WRITE_TIMEOUT })
          break
        case 'accept older':
          await stash.acceptOlder({ timeout: WRITE_TIMEOUT })
      }

      recorder.note({ type: 'chose', owner: name, how, text: owner.text })
    } catch (err) {
      recorder.note({ type: 'chose', owner: name, how, text: undefined, error: (err as Error).name })
    }

    // what it knew was about what is not current any longer
    memory.knows = new Set(buildsOf(owner.text))
  }

  private get memory (): Memory {
    return mapEntry(memories, this.owner.process, () => ({ knows: new Set<string>(), deletes: false }))
  }
}
