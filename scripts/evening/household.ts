import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../../packages/cli/src/client/api-client.ts'
import type { VerifyResult } from '@nara-stash/node'
import type { NaraDaemon } from '../../packages/cli/test/support/nara-process.ts'
import type { Daemons } from '../daemons.ts'
import type { Turn } from './plan.ts'

const CLOCK = fileURLToPath(new URL('jumping-clock.mjs', import.meta.url))

/** A write that is under way when its machine goes ends with it; before that it has this long. Milliseconds. */
const PUT_TIMEOUT = 30_000

interface MachineInit {
  port: number
  args: readonly string[]
  others (): readonly string[]
}

/** One machine through its days: its folder stays, its processes come and go. */
export class Machine {
  /** The last content that was told to be kept, and what was put since. */
  kept: string | undefined
  since: string[] = []
  private process: NaraDaemon | undefined
  /** Until the daemon has what was put last, or does not take it. */
  private taking: Promise<void> = Promise.resolve()
  private readonly daemons: Daemons
  private readonly name: string
  readonly port: number
  /** Further arguments of its daemon. */
  private readonly args: readonly string[]
  /** Where the others are. */
  private readonly others: () => readonly string[]

  constructor (daemons: Daemons, name: string, { port, args, others }: MachineInit) {
    this.daemons = daemons
    this.name = name
    this.port = port
    this.args = args
    this.others = others
  }

  get daemon (): NaraDaemon {
    if (this.process == null) {
      throw new Error(`${this.name} does not run`)
    }

    return this.process
  }

  start (): void {
    const bootstrap = this.others().flatMap(address => ['--bootstrap', address])

    this.process = this.daemons.start(this.name, ['--name', this.name.replaceAll('/', ' '), ...bootstrap, ...this.args], { port: this.port, nodeArgs: ['--import', CLOCK] })
  }

  /** Where it can be dialled, once it was up. */
  async address (): Promise<string> {
    return `/ip4/127.0.0.1/tcp/${this.port}/p2p/${(await this.daemon.started()).peerId}`
  }

  /** Puts so many random bytes. Resolves with what became of it, also if the machine goes meanwhile. */
  async put (bytes: number): Promise<string> {
    const data = randomBytes(bytes)
    const digest = digestOf(data)
    const before = this.taking
    const { promise, resolve: taken } = Promise.withResolvers<void>()
    this.taking = promise
    // the daemon is to have them in this order
    await before
    this.since.push(digest)

    try {
      const { outcome } = await (await connect(this.daemon.dir)).put(data, { timeout: PUT_TIMEOUT, onTaken: taken })
      const at = this.since.indexOf(digest)

      // what was put before it cannot come back any longer; if one that was put after it is kept, that comes back
      if (outcome === 'kept' && at >= 0) {
        this.kept = digest
        this.since = this.since.slice(at + 1)
      }

      return outcome
    } catch (err) {
      return (err as Error).name
    } finally {
      taken()
    }
  }

  /** It is back with this. A write that was cut short before it cannot come back any longer; one that was cut short after it may, when somebody else is back. */
  has (digest: string): void {
    this.since = this.since.slice(this.since.indexOf(digest) + 1)
    this.kept = digest
  }

  /** Has every confidant prove its copy. */
  async verify (): Promise<VerifyResult> {
    return await (await connect(this.daemon.dir)).verify()
  }

  /** What it has: a digest, and what it says of it. */
  async get (): Promise<{ digest: string, state: string, confirmed: boolean }> {
    const client = await connect(this.daemon.dir)
    const { data, about: { state } } = await client.get({ doubtful: true })
    const { recovery: { via, confirmed } } = await client.status()

    return { digest: digestOf(data), state, confirmed: via == null || confirmed }
  }
}

function digestOf (data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Does something to one machine after the other, with pauses between them. */
export async function oneAfterTheOther (machines: readonly Machine[], turns: readonly Turn[], act: (machine: Machine) => void): Promise<void> {
  for (const { who, pause } of turns) {
    act(machines[who] as Machine)
    await delay(pause)
  }
}

/** A household that has just moved in: all are up. */
export async function moveIn (daemons: Daemons, name: string, size: number, args: readonly string[]): Promise<Machine[]> {
  const addresses: string[] = []
  const ports = await freePorts(size)
  const machines = ports.map((port, i) => new Machine(daemons, `${name}/${i}`, { port, args, others: () => addresses.filter((_, other) => other !== i) }))

  // until all are known they meet through the first
  for (const machine of machines) {
    machine.start()
    addresses.push(await machine.address())
  }

  return machines
}

/** No port that systems give to whoever asks for any: while a machine is off, nobody else is to come to have its own. */
async function freePorts (count: number): Promise<number[]> {
  const ports = new Set<number>()

  while (ports.size < count) {
    const port = randomInt(10_000, 32_000)

    if (await isFree(port)) {
      ports.add(port)
    }
  }

  return [...ports]
}

async function isFree (port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')

  try {
    await once(server, 'listening')
    server.close()
    await once(server, 'close')

    return true
  } catch {
    return false
  }
}
