import { TWIN } from './entries.ts'
import type { Nara, Process, World } from '../simulated/world.ts'
import type { StashRequest } from '@nara-stash/protocol'

interface Ends {
  from: string
  to: string
}

/** The processes there are by name, and which of two with one soul is at the other end of a connection. */
export class Processes {
  private readonly net: Pick<World['net'], 'connections'>
  private readonly byName = new Map<string, { nara: Nara, process: Process }>()
  private readonly names = new WeakMap<Process, string>()
  /** Who asks whom what, by the peer id of who is asked. */
  private readonly asked = new WeakMap<StashRequest, Map<string, Ends>>()

  constructor (net: Pick<World['net'], 'connections'>) {
    this.net = net
  }

  /** A process is about to start. */
  add (nara: Nara, process: Process): string {
    const name = this.get(nara.id) == null ? nara.id : nara.id + TWIN

    this.byName.set(name, { nara, process })
    this.names.set(process, name)
    this.listen(name, process)

    return name
  }

  nameOf (process: Process): string {
    return this.names.get(process) ?? process.port.self
  }

  /** Undefined if it is down. */
  get (name: string): { nara: Nara, process: Process } | undefined {
    const known = this.byName.get(name)

    return known?.process.port.up === true ? known : undefined
  }

  /** Those that are up. */
  get all (): Array<{ nara: Nara, process: Process }> {
    return [...this.byName.values()].filter(({ process }) => process.port.up)
  }

  /** The names under which `peer` was ever up. */
  namesOf (peer: string): string[] {
    return [peer, peer + TWIN].filter(name => this.byName.has(name))
  }

  /** The process of `peer` at the other end of a connection that `self` has. */
  atOtherEnd (self: string, peer: string, connection: string | undefined): string {
    const twin = this.get(peer + TWIN)

    // of several connections with `self`, which may be two processes as well, a port tells the newest only
    return twin != null && this.net.connections(twin.process.port, self).some(other => other.connection === connection) ? peer + TWIN : peer
  }

  /** Between which processes a request goes. */
  ends (request: StashRequest, from: string, to: string): Ends {
    return this.asked.get(request)?.get(to) ?? { from, to }
  }

  /** The network knows peers only. */
  private listen (name: string, { port }: Process): void {
    const ask = port.ask.bind(port)

    port.ask = async (peer, request, options) => {
      const ends = this.asked.get(request) ?? new Map<string, Ends>()

      ends.set(peer, { from: name, to: this.atOtherEnd(port.self, peer, port.peers().find(({ id }) => id === peer)?.connection) })
      this.asked.set(request, ends)

      return await ask(peer, request, options)
    }
  }
}
