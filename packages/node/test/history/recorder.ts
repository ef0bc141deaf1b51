import { openBody } from '../../src/sealed-body.ts'
import { heldOf } from './held-of.ts'
import { Processes } from './processes.ts'
import type { Nara, Process, World } from '../simulated/world.ts'
import type { Entry, Happening, Placed } from './entries.ts'
import type { Placement, RecordHeader, StashRequest, StashResponse } from '@nara-stash/protocol'

/** Within this a holder has said why it holds something no longer. Milliseconds. */
const TELLING = 1_000

/** What a process starts with. */
export interface Start {
  /** The record whose header it was given. */
  knows: string | undefined
  /** It speaks on the presence topic, and listens. */
  speaks: boolean
  /** What it holds for others is on a disk, and so is what its predecessor held. */
  keeps: boolean
}

/** Writes down what happens in a world, without taking part. */
export class Recorder {
  readonly entries: Entry[] = []
  private readonly world: World
  private readonly processes: Processes
  private readonly known = new Set<string>()
  /** Record by holder and owner, as last seen. */
  private readonly held = new Map<string, Map<string, string>>()
  /** Why a copy is said to have gone, by holder and owner. */
  private readonly said = new Map<string, string>()
  /** Since when a copy is gone of which nothing was said, by holder and owner. */
  private readonly gone = new Map<string, number>()
  private readonly shown = new Map<string, string>()
  private untap: () => void = () => {}

  constructor (world: World) {
    this.world = world
    this.processes = new Processes(world.net)
  }

  note (happening: Happening): void {
    this.entries.push({ at: this.world.clock.now(), ...happening })
  }

  /** Its name in what is written down. */
  nameOf (process: Process): string {
    return this.processes.nameOf(process)
  }

  /** A process is about to start. */
  process (nara: Nara, process: Process, { knows, speaks, keeps }: Start): void {
    const { service, port, parts } = process
    const id = this.processes.add(nara, process)

    if (!keeps) {
      this.lost(id)
    }

    this.held.set(id, this.held.get(id) ?? new Map())
    this.shown.delete(id)
    this.note({ type: 'up', nara: id, boot: parts.owning?.own.boot, allows: parts.options.surrogates, speaks, keeps, ...(knows == null ? {} : { knows }) })
    port.addEventListener('peer:connect', ({ detail }) => {
      this.note({ type: 'link', nara: id, peer: this.processes.atOtherEnd(nara.id, detail.id, detail.connection), up: true })
    })
    port.addEventListener('peer:disconnect', ({ detail }) => {
      this.processes.namesOf(detail.id).forEach(peer => { this.note({ type: 'link', nara: id, peer, up: false }) })
    })
    service.addEventListener('held:dropped', ({ detail }) => {
      this.said.set(`${id} ${detail.owner}`, detail.why)
      this.lookAtHeld(process)
    })
    service.addEventListener('held:stored', () => { this.lookAtHeld(process) })

    if (parts.owning != null) {
      service.addEventListener('stash:state', () => { this.lookAtOwn(id, process) })
      service.addEventListener('stash:recovered', ({ detail: { confirmed, answered, of } }) => {
        const { record, text } = this.own(process)
        this.note({ type: 'recovered', owner: id, record, text, confirmed, answered, of })
      })
      service.addEventListener('stash:watermark', ({ detail: { seq } }) => {
        const { record } = this.own(process)
        const { current } = parts.owning?.own ?? {}

        if (record != null && String(current?.record.seq) === seq) {
          this.note({ type: 'watermark', owner: id, record })
        }
      })
      service.addEventListener('stash:doubt', ({ detail: { reason, records } }) => {
        this.note({ type: 'doubt', owner: id, reason, records: records.map(({ id }) => id), readable: records.filter(({ readable }) => readable).map(({ id }) => id) })
      })
      service.addEventListener('stash:twin', ({ detail: { boot } }) => { this.note({ type: 'twin', owner: id, boot }) })
      service.addEventListener('stash:set-aside', () => { this.lookAtAside(id, process) })
    }
  }

  /** A process is gone, and with it what it held in RAM. */
  died (process: Process, how: 'kill' | 'cut' | 'stop', isKept: boolean): void {
    const nara = this.nameOf(process)

    this.note({ type: 'down', nara, how })

    if (!isKept) {
      this.lost(nara)
    }
  }

  /** Listens to what goes over the wire, and looks at who holds what whenever something went. */
  tap (): void {
    // before all other interceptors: what is written down is what the asker hears
    this.untap()
    this.untap = this.world.net.intercept(async (from, to, request, next) => {
      const about = this.about(from, request)
      const ends = this.processes.ends(request, from, to)

      if (about.header != null && about.record != null) {
        this.note({ type: 'sent', request: request.type, ...ends, owner: about.owner, record: about.record })
      }

      const answer = await next()
      const answerer = this.processes.get(ends.to)

      if (answerer != null) {
        this.lookAtHeld(answerer.process)
      }

      this.answered(ends, request, about, answer)

      return answer
    })
  }

  /** Looks at everybody. */
  look (): void {
    this.processes.all.forEach(({ process }) => {
      this.lookAtHeld(process)

      if (process.parts.owning != null) {
        this.lookAtOwn(this.nameOf(process), process)
        this.lookAtAside(this.nameOf(process), process)
      }
    })
    this.note({ type: 'look' })
  }

  private lost (nara: string): void {
    this.held.get(nara)?.forEach((_record, owner) => { this.note({ type: 'holds', nara, owner, record: undefined, why: 'died' }) })
    this.held.get(nara)?.clear()
  }

  private about (from: string, request: StashRequest): { owner: string, record?: string, header?: RecordHeader, placement?: Placed } {
    switch (request.type) {
      case 'store':
      case 'offer':
        this.seal(request.record, request.body)

        return { owner: request.record.owner, record: request.record.id, header: request.record, placement: placed(request.placement) }
      case 'challenge':
      case 'release':
        return { owner: request.owner, record: request.recordId }
      default:
        return { owner: from }
    }
  }

  private answered (ends: { from: string, to: string }, request: StashRequest, about: ReturnType<Recorder['about']>, answer: StashResponse): void {
    const found = answer.type === 'found' ? answer : undefined

    if (found?.record != null) {
      this.seal(found.record, found.body)
    }

    this.note({
      type: 'answered',
      request: request.type,
      ...ends,
      owner: about.owner,
      record: found?.record.id ?? about.record,
      answer: answer.type,
      placement: found == null ? about.placement : placed(found.placement),
      direct: found?.direct ?? (request.type === 'offer' && request.direct),
      shows: ['record' in answer ? answer.record : undefined, 'beside' in answer ? answer.beside : undefined].flatMap(header => header?.id ?? [])
    })
  }

  private own ({ parts }: Process): { record: string | undefined, text: string | undefined } {
    const { current, tombstone } = parts.owning?.own ?? {}

    if (current == null) {
      if (tombstone != null) {
        this.seal(tombstone)
      }

      return { record: tombstone?.id, text: undefined }
    }

    const text = new TextDecoder().decode(current.data)
    this.seal(current.record, undefined, text)

    return { record: current.record.id, text }
  }

  private lookAtOwn (owner: string, process: Process): void {
    const { state } = process.service
    const { record, text } = this.own(process)
    const key = `${state} ${record}`

    if (this.shown.get(owner) !== key) {
      this.shown.set(owner, key)
      this.note({ type: 'state', owner, state, record, text })
    }
  }

  private lookAtAside (owner: string, { service }: Process): void {
    service.setAside().forEach(({ data }) => {
      const text = new TextDecoder().decode(data)
      const key = `${owner} ${text}`

      if (!this.known.has(key)) {
        this.known.add(key)
        this.note({ type: 'aside', owner, text })
      }
    })
  }

  private lookAtHeld (process: Process): void {
    const nara = this.nameOf(process)
    const before = this.held.get(nara) ?? new Map<string, string>()
    const owners = this.world.naras.map(({ id }) => id)

    for (const owner of owners) {
      const record = heldOf(process, owner)?.record

      if (record?.id !== before.get(owner)) {
        const why = this.said.get(`${nara} ${owner}`)

        if (record == null && why == null && this.isSpared(`${nara} ${owner}`)) {
          continue
        }

        this.said.delete(`${nara} ${owner}`)
        this.gone.delete(`${nara} ${owner}`)

        if (record == null) {
          before.delete(owner)
        } else {
          before.set(owner, record.id)
          this.seal(record)
        }

        this.note({ type: 'holds', nara, owner, record: record?.id, ...(why == null ? {} : { why }) })
      }
    }
  }

  /** It may still say why: others are told first. */
  private isSpared (key: string): boolean {
    const now = this.world.clock.now()
    const since = this.gone.get(key) ?? now

    this.gone.set(key, since)

    return now - since < TELLING
  }

  /** A record is seen for the first time. */
  private seal (header: RecordHeader, body?: Uint8Array, plain?: string): void {
    const { id, owner, kind, seq, boot, past } = header
    const soul = this.world.naras.find(nara => nara.id === owner)?.soul

    if (this.known.has(id) || (body == null && plain == null && kind === 'data')) {
      return
    }

    this.known.add(id)

    const text = plain ?? (kind === 'data' && soul != null && body != null ? new TextDecoder().decode(openBody(soul, body, { owner, seq }).data) : undefined)
    this.note({ type: 'sealed', record: { id, owner, kind, seq, boot, past, text } })
  }
}

function placed ({ id, version, target, holders, surrogates, allowed }: Placement): Placed {
  return { id, version, target, holders, surrogates, allowed }
}
