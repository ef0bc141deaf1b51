import type { Nara, NaraInit, Process } from '../simulated/world.ts'

/** The header of the newest version that a process in a folder knew to be acknowledged. */
interface Left {
  record: string
  envelope: Uint8Array
}

/** The folders in which owners run: each has that header, as a daemon leaves it there. A process may run elsewhere, and then knows nothing. */
export class Folders {
  private readonly left = new Map<string, Left>()
  /** Naras whose next process runs elsewhere. */
  private readonly elsewhere = new Set<string>()

  /** The next process of `nara` runs in its folder, or elsewhere: what it is given. */
  enter (nara: string, isHome: boolean): Pick<NaraInit, 'lastKnown'> {
    this.elsewhere[isHome ? 'delete' : 'add'](nara)

    const left = isHome ? this.left.get(nara) : undefined

    return left == null ? {} : { lastKnown: left.envelope }
  }

  /** A process is about to start: the id of the record whose header it was given. */
  process ({ id }: Nara, { service, parts }: Process): string | undefined {
    if (this.elsewhere.has(id)) {
      return undefined
    }

    service.addEventListener('stash:watermark', ({ detail: { envelope } }) => {
      const record = parts.owning?.owner.watermark.latest?.id

      if (record != null) {
        this.left.set(id, { record, envelope })
      }
    })

    return this.left.get(id)?.record
  }
}
