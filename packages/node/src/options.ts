import {
  capacityOf, createTrust, DEFAULT_LEASE, DEFAULT_MAX_STASH, DEFAULT_MIN_COPIES, DEFAULT_TARGET, detectMemoryMode, LARGEST_MAX_STASH, leaseSecondsOf, MAX_ALLOWED, MAX_HOLDERS, MAX_LEASE, MEMORY_MODES,
  systemClock, systemRandom
} from '@nara-stash/protocol'
import { DISK_REPAIR_DELAY, LEAVE_TIMEOUT, MIN_CONNECTIONS, REPAIR_DELAY } from './constants.ts'
import { InvalidOptionError } from './errors.ts'
import type { MemoryMode, StashInit } from './api.ts'
import type { Capacity, Clock, Random, Surrogates, Trust } from '@nara-stash/protocol'

/** A StashInit with its defaults filled in and checked. */
export interface StashOptions {
  target: number
  minCopies: number
  countEach: boolean
  maxStash: number
  memory: MemoryMode
  capacity: Capacity
  repairDelay: number
  /** The same of a confidant that went with its copy on a disk. */
  diskRepairDelay: number
  /** Seconds that we ask for, and that we promise others at most. */
  leaseSeconds: number
  maxLeaseSeconds: number
  minConnections: number
  /** Whom our confidants may ask to keep a copy, and the peers listed. */
  surrogates: { surrogates: Surrogates, allowed: readonly string[] }
  /** Milliseconds. */
  leaveTimeout: number
  clock: Clock
  random: Random
}

/**
 * @throws {InvalidOptionError} names the option, its value and what is allowed
 */
export function checkOptions (init: StashInit): StashOptions {
  const target = integer('target', init.target ?? DEFAULT_TARGET, 1, MAX_HOLDERS)
  const minCopies = integer('minCopies', init.minCopies ?? Math.min(DEFAULT_MIN_COPIES, target), 1, target)
  const maxStash = integer('maxStash', init.maxStash ?? DEFAULT_MAX_STASH, 1, LARGEST_MAX_STASH)
  const memory = init.memory ?? detectMemoryMode()

  if (!Object.hasOwn(MEMORY_MODES, memory)) {
    throw new InvalidOptionError(`memory is "${memory}"; it must be one of ${Object.keys(MEMORY_MODES).join(', ')}`)
  }

  const maxHeldBytes = init.maxHeldBytes == null ? undefined : integer('maxHeldBytes', init.maxHeldBytes, 0, Number.MAX_SAFE_INTEGER)

  return {
    target,
    minCopies,
    countEach: init.countEach ?? false,
    maxStash,
    memory,
    capacity: capacityOf({ memory, maxStash, ...(maxHeldBytes == null ? {} : { maxHeldBytes }) }),
    repairDelay: number('repairDelay', init.repairDelay ?? REPAIR_DELAY),
    diskRepairDelay: init.repairDelay ?? DISK_REPAIR_DELAY,
    leaseSeconds: lease('lease', init.lease, DEFAULT_LEASE),
    maxLeaseSeconds: lease('maxLease', init.maxLease, MAX_LEASE),
    minConnections: integer('minConnections', init.minConnections ?? MIN_CONNECTIONS, 0, 10_000),
    surrogates: checkSurrogates(init),
    leaveTimeout: number('leaveTimeout', init.leaveTimeout ?? LEAVE_TIMEOUT),
    clock: init.clock ?? systemClock,
    random: init.random ?? systemRandom
  }
}

/**
 * @throws {InvalidOptionError} a list names what is no peer id
 */
export function checkTrust (init: Pick<StashInit, 'allow' | 'deny'>): Trust {
  try {
    return createTrust(init)
  } catch (err) {
    throw err instanceof RangeError ? new InvalidOptionError(`${err.message}; one looks like 12D3KooW...`, { cause: err }) : err
  }
}

function checkSurrogates ({ surrogates = 'any', allow = [] }: StashInit): StashOptions['surrogates'] {
  if (surrogates !== 'any' && surrogates !== 'listed' && surrogates !== 'none') {
    throw new InvalidOptionError(`surrogates is "${String(surrogates)}"; it must be one of any, listed, none`)
  }

  const allowed = surrogates === 'listed' ? [...new Set(allow)] : []

  if (surrogates === 'listed' && (allowed.length === 0 || allowed.length > MAX_ALLOWED)) {
    throw new InvalidOptionError(`surrogates is "listed" and allow names ${allowed.length} peers; it must name 1 to ${MAX_ALLOWED}`)
  }

  return { surrogates, allowed }
}

/** Milliseconds, in the seconds of a placement. */
function lease (name: string, value: number | undefined, otherwise: number): number {
  try {
    return value == null ? otherwise : leaseSecondsOf(name, value)
  } catch (err) {
    throw err instanceof RangeError ? new InvalidOptionError(err.message, { cause: err }) : err
  }
}

function integer (name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new InvalidOptionError(`${name} is ${value}; it must be a whole number from ${low} to ${high}`)
  }

  return value
}

function number (name: string, value: number): number {
  if (!Number.isFinite(value) || value < 0) {
    throw new InvalidOptionError(`${name} is ${value}; it must be a number of milliseconds from 0`)
  }

  return value
}
