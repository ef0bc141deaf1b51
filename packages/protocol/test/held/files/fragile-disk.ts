import { basename } from 'node:path'
import type { FileSystem, OpenFile } from '../../../src/held/files/file-system.ts'

/** A file as the system shows it, and as much of it as is on the disk for sure. */
interface Inode {
  shown: number[]
  synced: number[]
}

/** A change of the folder that a crash may undo as long as the folder is not synced. */
type Change = { type: 'set', name: string, inode: Inode } | { type: 'unset', name: string } | { type: 'rename', from: string, to: string, inode: Inode }

export type Operation = 'open' | 'write' | 'sync' | 'close' | 'rename' | 'unlink' | 'sync folder'

export interface Fault {
  /** Which of the operations that change something, counted from 0. */
  at: number
  /** Whether the operation happens all the same; of a write so many bytes. */
  happens: boolean | number
  /** The process is dead from then on; or it gets an error; or a write takes no more than `happens`, which is no error. */
  outcome: 'crash' | 'ENOSPC' | 'EDQUOT' | 'EIO' | 'short'
}

/** What becomes of each change that was not synced when the machine stops. */
export type Luck = (choices: number) => number

export const unlucky: Luck = () => 0
export const lucky: Luck = choices => choices - 1

/**
 * A disk with one folder, on a machine whose power can fail: what was not synced may then be there or not, in any combination; a file that
 * was not synced has any beginning of what was written, and after it zeros, or ends there. Chosen operations go wrong, and room can be bounded.
 */
export class FragileDisk {
  operations: Operation[] = []
  /** Bytes that files may have together. */
  room = Infinity
  faults: Fault[]
  private folder = new Map<string, Inode>()
  private synced = new Map<string, Inode>()
  private changes: Change[] = []
  private isThere = false
  private isDead = false

  constructor (faults: Fault[] = []) {
    this.faults = faults
  }

  get names (): string[] {
    return [...this.folder.keys()]
  }

  bytesOf (name: string): Uint8Array {
    return Uint8Array.from(this.folder.get(name)?.shown ?? [])
  }

  /** Something else than the store writes there. */
  plant (name: string, bytes: Uint8Array | undefined): void {
    this.isThere = true

    for (const entries of [this.folder, this.synced]) {
      if (bytes == null) {
        entries.delete(name)
      } else {
        entries.set(name, { shown: [...bytes], synced: [...bytes] })
      }
    }
  }

  /** The disk after the power came back. */
  restarted (luck: Luck): FragileDisk {
    const after = new FragileDisk()
    const entries = new Map(this.synced)

    for (const change of this.changes) {
      if (luck(2) === 1) {
        apply(entries, change)
      }
    }

    const survived = new Map<Inode, Inode>()

    for (const [name, inode] of entries) {
      const bytes = survived.get(inode)?.synced ?? torn(inode, luck)
      const copy = survived.get(inode) ?? { shown: [...bytes], synced: bytes }
      survived.set(inode, copy)
      after.folder.set(name, copy)
    }

    after.synced = new Map(after.folder)
    after.isThere = this.isThere

    return after
  }

  /** The disk as another process of the same machine sees it after a kill -9: nothing is lost. */
  reused (): FragileDisk {
    const after = new FragileDisk()
    Object.assign(after, { folder: this.folder, synced: this.synced, changes: this.changes, isThere: this.isThere })

    return after
  }

  readonly fs: FileSystem = {
    mkdir: async () => {
      this.live()

      if (this.isThere) {
        throw failure('EEXIST')
      }

      this.isThere = true

      return undefined
    },
    readdir: async () => {
      this.live()

      return this.names
    },
    open: async (path, flags) => await this.open(basename(path), flags),
    rename: async (from, to) => {
      const inode = this.found(from)
      await this.change('rename', { type: 'rename', from: basename(from), to: basename(to), inode })
    },
    unlink: async path => {
      this.found(path)
      await this.change('unlink', { type: 'unset', name: basename(path) })
    },
    statfs: async () => ({ bsize: 1, blocks: 1_000_000, bavail: Math.min(1_000_000, this.room - this.taken()) })
  }

  private async open (name: string, flags: string): Promise<OpenFile> {
    this.live()

    if (name === 'held' || name === '') {
      return this.handle({ shown: [], synced: [] }, async () => {
        await this.operate('sync folder', () => {
          this.synced = new Map(this.folder)
          this.changes = []
        })
      })
    }

    if (flags === 'w') {
      await this.operate('open', () => {
        const inode = this.folder.get(name)

        if (inode == null) {
          this.apply({ type: 'set', name, inode: { shown: [], synced: [] } })
        } else {
          inode.shown = []
        }
      })
    }

    const inode = this.found(name)

    const file = this.handle(inode, async () => { await this.operate('sync', () => { inode.synced = [...inode.shown] }) })

    return flags === 'w' ? { ...file, close: async () => { await this.operate('close', () => {}) } } : file
  }

  private handle (inode: Inode, sync: () => Promise<void>): OpenFile {
    return {
      sync,
      stat: async () => ({ size: inode.shown.length }),
      read: async (into, offset, length, position) => {
        this.live()
        const bytes = inode.shown.slice(position, position + length)
        into.set(bytes, offset)

        return { bytesRead: bytes.length }
      },
      write: async (bytes, offset, length) => {
        const fault = this.next('write')
        const wanted = fault == null || fault.happens === true ? length : Number(fault.happens)
        const written = Math.max(0, Math.min(wanted, length, this.room - this.taken()))
        inode.shown.push(...bytes.subarray(offset, offset + written))
        this.suffer(fault)

        if (written === 0 && length > 0) {
          throw failure('ENOSPC')
        }

        return { bytesWritten: written }
      },
      close: async () => {}
    }
  }

  private found (path: string): Inode {
    this.live()
    const inode = this.folder.get(basename(path))

    if (inode == null) {
      throw failure('ENOENT')
    }

    return inode
  }

  private taken (): number {
    return [...this.folder.values()].reduce((sum, { shown }) => sum + shown.length, 0)
  }

  private async change (operation: Operation, change: Change): Promise<void> {
    await this.operate(operation, () => { this.apply(change) })
  }

  private apply (change: Change): void {
    apply(this.folder, change)
    this.changes.push(change)
  }

  private async operate (operation: Operation, happen: () => void): Promise<void> {
    const fault = this.next(operation)

    if (fault == null || fault.happens !== false || fault.outcome === 'short') {
      happen()
    }

    this.suffer(fault)
  }

  private next (operation: Operation): Fault | undefined {
    this.live()
    const at = this.operations.push(operation) - 1

    return this.faults.find(fault => fault.at === at)
  }

  private suffer (fault: Fault | undefined): void {
    if (fault == null || fault.outcome === 'short') {
      return
    }

    this.isDead = fault.outcome === 'crash'
    throw failure(fault.outcome)
  }

  private live (): void {
    if (this.isDead) {
      throw failure('crash')
    }
  }
}

function apply (entries: Map<string, Inode>, change: Change): void {
  if (change.type === 'unset') {
    entries.delete(change.name)
  } else if (change.type === 'set') {
    entries.set(change.name, change.inode)
  } else {
    entries.delete(change.from)
    entries.set(change.to, change.inode)
  }
}

/** A file after a power cut: it has all that was synced, and any beginning of the rest, or zeros in its place. */
function torn ({ shown, synced }: Inode, luck: Luck): number[] {
  if (shown.length === synced.length && shown.every((byte, i) => byte === synced[i])) {
    return synced
  }

  const kept = shown.slice(0, luck(shown.length + 1))

  return luck(2) === 0 ? kept : [...kept, ...shown.slice(kept.length).map(() => 0)]
}

function failure (code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}
