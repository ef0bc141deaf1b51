/** One nara, told by its parent who it is and what to keep; it tells its parent how it does. */
import { createNara } from '@nara-stash/node'
import { parseSoul } from '@nara-stash/crypto'

export type Order =
  { do: 'start', soul: string, name: string, fresh: boolean, bootstrap: string[] } |
  { do: 'put', document: string }

export interface Report {
  state: string
  sha256: string | null
  seq: string | null
  copies: number
  target: number
  via: 'push' | 'fetch' | null
}

type Nara = Awaited<ReturnType<typeof createNara>>

let nara: Nara | undefined

process.on('message', (order: Order) => {
  void (order.do === 'start' ? start(order) : nara?.stash.setStashData(new TextEncoder().encode(order.document)))
})

async function start ({ soul, name, fresh, bootstrap }: Extract<Order, { do: 'start' }>): Promise<void> {
  const started = await createNara({ soul: parseSoul(soul, { name }), fresh, bootstrap, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
  nara = started

  started.stash.addEventListener('stash:state', () => { report(started) })
  started.stash.addEventListener('stash:copies', () => { report(started) })
  report(started)
}

function report ({ stash }: Nara): void {
  const { state, stash: current, copies, recovery } = stash.status()
  const told: Report = { state, sha256: current?.sha256 ?? null, seq: current?.seq ?? null, copies: copies.have, target: copies.target, via: recovery.via }

  process.send?.(told)
}
