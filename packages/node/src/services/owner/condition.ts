import type { Doubt, StashState } from '../../api.ts'
import type { Decision } from '../../policy/settle.ts'
import type { Version } from './own-stash.ts'
import type { Origin } from '../recovery/bodies.ts'

/** How sure it is that a version is the newest. */
export type Sureness = Pick<Extract<Decision, { type: 'settled' }>, 'confirmed' | 'mayBeDeleted' | 'answered' | 'of'>

export interface ConditionInit {
  onState (state: StashState, previous: StashState): void
  onRecovered (version: Version, origin: Origin, sureness: Sureness): void
  onDoubt (doubt: Doubt): void
}

/** What is known of the state of our stash, and tells it when it changes. */
export class Condition {
  state: StashState = 'searching'
  doubt: Doubt | null = null
  /** How the stash came back, and how sure that is. */
  recovered: { origin: Origin, confirmed: boolean, mayBeDeleted: boolean } | undefined

  private readonly init: ConditionInit

  constructor (init: ConditionInit) {
    this.init = init
  }

  /** The state is this, and free of doubt. */
  is (state: Exclude<StashState, 'doubtful'>): void {
    this.doubt = null
    this.set(state)
  }

  /** A version is back, and current. */
  isBack (version: Version, origin: Origin, sureness: Sureness): void {
    this.recovered = { origin, confirmed: sureness.confirmed, mayBeDeleted: sureness.mayBeDeleted }
    this.is('settled')
    this.init.onRecovered(version, origin, sureness)
  }

  isDoubtful (doubt: Doubt): void {
    const isTold = this.doubt != null && matterOf(this.doubt) === matterOf(doubt)

    this.doubt = doubt
    this.set('doubtful')

    if (!isTold) {
      this.init.onDoubt(doubt)
    }
  }

  private set (state: StashState): void {
    if (state !== this.state) {
      const previous = this.state
      this.state = state
      this.init.onState(state, previous)
    }
  }
}

/** What a doubt is about: that one more peer shows a version is no other doubt. */
function matterOf ({ reason, records, error }: Doubt): string {
  return JSON.stringify([reason, records.map(({ id, readable }) => [id, readable]), error])
}
