import { createNara } from '../../src/create-nara.ts'
import type { Nara, NaraOptions } from '../../src/nara-types.ts'

interface Stoppable {
  stop (): Promise<void> | void
}

/** A test's nodes, all on 127.0.0.1; `stop` ends those that still run. */
export class Loopback {
  private readonly running = new Set<Stoppable>()

  /** A whole nara without mDNS, so that nothing leaves the machine. */
  async nara (options: NaraOptions = {}): Promise<Nara> {
    return this.keep(await createNara({ listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false, memory: 'high', ...options }))
  }

  /** `count` naras with one bootstrap peer in common, which is the first. */
  async naras (count: number, options: NaraOptions = {}): Promise<[Nara, ...Nara[]]> {
    const first = await this.nara(options)
    const others = await Promise.all(Array.from({ length: count - 1 }, async () => await this.nara({ ...options, bootstrap: first.addresses })))

    return [first, ...others]
  }

  /** `node` is stopped at the end of the test. */
  keep <Node extends Stoppable> (node: Node): Node {
    this.running.add(node)

    return node
  }

  /** Stops one of the nodes at once. */
  async end (node: Stoppable): Promise<void> {
    this.running.delete(node)
    await node.stop()
  }

  async stop (): Promise<void> {
    await Promise.all([...this.running].map(async node => { await this.end(node) }))
  }
}
