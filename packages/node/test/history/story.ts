import { buildsOf, soulOf } from './entries.ts'
import type { Violation } from './check.ts'
import type { Entry } from './entries.ts'
import type { Plan } from './plan.ts'

/** What happened, for people: naras are n0, n1, ...; records are the write that they carry and their seq. */
export function story (plan: Plan, entries: readonly Entry[], violations: readonly Violation[]): string {
  const names = new Names(entries)
  const { steps, ...rest } = plan

  return [
    `schedule ${JSON.stringify(rest)}`,
    ...steps.map(step => `  ${JSON.stringify(step)}`),
    'history',
    ...entries.flatMap(entry => {
      const line = lineOf(entry, names)

      return line == null ? [] : [`  ${(entry.at / 1_000).toFixed(3).padStart(10)}  ${line}`]
    }),
    ...violations.map(({ rule, at, says }) => `BROKEN at ${(at / 1_000).toFixed(3)}: ${rule}\n  ${names.in(says)}`)
  ].join('\n')
}

class Names {
  private readonly naras = new Map<string, string>()
  private readonly records = new Map<string, string>()

  constructor (entries: readonly Entry[]) {
    entries.forEach(entry => {
      if (entry.type === 'up' && !this.naras.has(soulOf(entry.nara))) {
        this.naras.set(entry.nara, `n${this.naras.size}`)
      } else if (entry.type === 'sealed') {
        const { id, text, seq, kind } = entry.record
        const write = kind === 'tombstone' ? 'tombstone' : [...buildsOf(text)].at(-1) ?? '?'

        this.records.set(id, `${write}#${seq}/${id.slice(0, 4)}`)
      }
    })
  }

  nara (id: string): string {
    return (this.naras.get(soulOf(id)) ?? soulOf(id)) + id.slice(soulOf(id).length)
  }

  record (id: string | undefined): string {
    return id == null ? 'nothing' : this.records.get(id) ?? id.slice(0, 4)
  }

  in (text: string): string {
    return [...this.naras].reduce((text, [id, name]) => text.replaceAll(id, name), text)
  }
}

function lineOf (entry: Entry, names: Names): string | undefined {
  const n = (id: string): string => names.nara(id)
  const r = (id: string | undefined): string => names.record(id)

  switch (entry.type) {
    case 'up':
      return `${n(entry.nara)} starts${entry.knows == null ? '' : ` and knows of ${r(entry.knows)}`}`
    case 'down':
      return `${n(entry.nara)} ${{ kill: 'is killed', cut: 'loses its power', stop: 'stops' }[entry.how]}`
    case 'link':
      return `${n(entry.nara)} ${entry.up ? 'meets' : 'loses'} ${n(entry.peer)}`
    case 'partition':
      return entry.groups.length === 0 ? 'the network is whole' : `cut off: ${entry.groups.flat().map(n).join(' ')}`
    case 'slow':
      return `${n(entry.nara)} is ${entry.factor} times as slow`
    case 'loss':
      return `${entry.share * 100} % of all messages get lost`
    case 'sleep':
    case 'wake':
      return `${n(entry.nara)} ${entry.type === 'sleep' ? 'falls asleep' : 'wakes'}`
    case 'jump':
      return `${n(entry.nara)}'s ${entry.clock} clock jumps by ${entry.ms / 1_000} s`
    case 'lie':
      return `${n(entry.nara)} lies: ${entry.lie}`
    case 'write':
      return `${n(entry.owner)} writes ${entry.write} on top of ${[...buildsOf(entry.text)].slice(0, -1).join(' ')}`
    case 'merge':
      return `${n(entry.owner)} merges`
    case 'told':
    case 'forgotten':
      return `${n(entry.owner)} is told: ${entry.write} ${entry.outcome}`
    case 'refused':
      return `${n(entry.owner)} is told: ${entry.write} ${entry.error}`
    case 'forget':
      return `${n(entry.owner)} deletes (${entry.write}) ${entry.ends.join(' ')}`
    case 'choose':
      return `${n(entry.owner)} decides: ${entry.how}`
    case 'chose':
      return `${n(entry.owner)} decided: ${entry.how}, ${entry.error ?? [...buildsOf(entry.text)].at(-1) ?? 'nothing'}`
    case 'alone':
    case 'alone end':
      return `${n(entry.owner)} is ${entry.type === 'alone' ? 'away' : 'to be back'}`
    case 'state':
      return `${n(entry.owner)} is ${entry.state} with ${r(entry.record)}`
    case 'recovered':
      return `${n(entry.owner)} recovers ${r(entry.record)}, ${entry.confirmed ? 'confirmed' : 'unconfirmed'}, ${entry.answered} of ${entry.of}`
    case 'watermark':
      return `${n(entry.owner)} says that ${r(entry.record)} is kept`
    case 'doubt':
      return `${n(entry.owner)} doubts: ${entry.reason} ${entry.records.map(r).join(', ')}`
    case 'twin':
      return `${n(entry.owner)} tells of a twin`
    case 'aside':
      return `${n(entry.owner)} sets aside ${[...buildsOf(entry.text)].at(-1)}`
    case 'answered':
      return `${n(entry.from)} to ${n(entry.to)}: ${entry.request} ${entry.owner === soulOf(entry.from) ? '' : `of ${n(entry.owner)} `}${r(entry.record)} -> ${entry.answer}${entry.placement == null ? '' : `, placement ${entry.placement.id.slice(0, 4)} ${entry.placement.holders.map(n).join(' ')}`}${entry.direct ? ', direct' : ''}`
    case 'holds':
      return `${n(entry.nara)} holds ${r(entry.record)} of ${n(entry.owner)}${entry.why == null ? '' : ` (${entry.why})`}`
    case 'quiet':
      return 'from here on all is quiet'
    case 'sent':
    case 'sealed':
    case 'look':
    case 'end':
      return undefined
  }
}
