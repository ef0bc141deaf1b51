import { buildsOf, textOf } from './entries.ts'
import type { Nara } from '../simulated/world.ts'
import type { Choice } from './entries.ts'
import type { Recorder } from './recorder.ts'

const second = 1_000

/** So long may the application wait for copies. Milliseconds. */
const WRITE_TIMEOUT = 30 * second

/** The application that uses one owner's stash, and the person who decides its doubts: reads, then writes on top of what it knows. */
export class Application {
  private readonly owner: Nara
  private readonly recorder: Recorder
  private readonly mark: string
  /** The writes that its present process has read or made. */
  private knows = new Set<string>()
  /** The process that knows them. */
  private process: object | undefined
  private writes = 0
  /** A deletion is under way: what there is is not read any longer. */
  private deletes = false

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

    this.begin()

    if (!this.deletes && (owner.state === 'settled' || owner.state === 'empty')) {
      const current = owner.stash.getStashData()?.data
      buildsOf(current == null ? undefined : new TextDecoder().decode(current)).forEach(write => this.knows.add(write))
    }

    const write = `${this.mark}w${++this.writes}`
    const process = recorder.nameOf(owner.process)
    const text = textOf({ owner: owner.id, write, builds: [...this.knows, write] }, bytes)

    this.knows.add(write)
    recorder.note({ type: 'write', owner: process, write, text })
    owner.put(text, { timeout: WRITE_TIMEOUT }).then(
      ({ outcome, coalesced }) => { recorder.note({ type: 'told', owner: process, write, outcome, ...(coalesced === true ? { coalesced } : {}) }) },
      (err: Error) => {
        this.knows = new Set()
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

    this.begin()

    const { process } = this
    const write = `${this.mark}f${++this.writes}`
    const name = recorder.nameOf(owner.process)
    const ends = [...buildsOf(owner.text).union(this.knows)]
    const done = (): void => { this.deletes &&= this.process !== process }

    this.knows = new Set()
    this.deletes = true
    recorder.note({ type: 'forget', owner: name, write, ends })
    owner.stash.forgetStash({ timeout: WRITE_TIMEOUT }).then(
      ({ outcome }) => {
        done()
        recorder.note({ type: 'forgotten', owner: name, write, outcome })
      },
      (err: Error) => {
        done()
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

    this.begin()

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
    this.knows = new Set(buildsOf(owner.text))
  }

  /** Another process of the owner is another one of the application. */
  private begin (): void {
    if (this.process !== this.owner.process) {
      this.process = this.owner.process
      this.knows = new Set()
      this.deletes = false
    }
  }
}
