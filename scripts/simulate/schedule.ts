import { seededRandom, weibull } from '@nara-stash/testing'
import type { SimulationInit } from './arguments.ts'
import type { Random } from '@nara-stash/protocol'

/** When one nara comes and goes: by its seed alone, whatever else happens. */
export class Schedule {
  private readonly random: Random
  private readonly init: Pick<SimulationInit, 'up' | 'down' | 'shape'>
  private readonly away: number

  /** @param away - how long it is away each time, in milliseconds; Infinity: as long as `down` and `shape` say */
  constructor (init: Pick<SimulationInit, 'up' | 'down' | 'shape'>, seed: number, away: number = Infinity) {
    this.init = init
    this.away = away
    this.random = seededRandom(seed)
  }

  /** How long it stays, in milliseconds. */
  session (): number {
    return weibull(this.random, this.init.shape, this.init.up)
  }

  /** How long it is away, in milliseconds. */
  absence (): number {
    return Number.isFinite(this.away) ? this.away : weibull(this.random, this.init.shape, this.init.down)
  }
}
