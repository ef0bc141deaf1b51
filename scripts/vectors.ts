/**
 * Writes the committed test vectors and the hex blocks of SPEC.md:
 *
 *     node scripts/vectors.ts           writes them
 *     node scripts/vectors.ts --check   compares, and fails if anything differs
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bodyVectors, soulVectors } from './vectors/bodies.ts'
import { discoveryVectors } from './vectors/discovery.ts'
import { exchangeVectors } from './vectors/exchanges.ts'
import { messageVectors } from './vectors/messages.ts'
import { orderVectors } from './vectors/order.ts'
import { peerVectors } from './vectors/peers.ts'
import { placementVectors } from './vectors/placements.ts'
import { presenceVectors } from './vectors/presence.ts'
import { proofVectors } from './vectors/proofs.ts'
import { recordVectors } from './vectors/records.ts'
import { refusedVectors } from './vectors/refused.ts'
import { fillBlocks } from './vectors/spec.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const spec = `${root}packages/protocol/SPEC.md`

/** Where each file lies follows from what its test needs: a confidant knows neither souls nor presence. */
const vectors = {
  protocol: {
    peers: peerVectors(),
    records: recordVectors(),
    placements: placementVectors(),
    refused: refusedVectors(),
    order: orderVectors(),
    proofs: proofVectors(),
    messages: messageVectors(),
    exchanges: exchangeVectors()
  },
  node: {
    souls: soulVectors(),
    bodies: bodyVectors(),
    presence: presenceVectors(),
    discovery: discoveryVectors()
  }
}

const files = new Map<string, string>(Object.entries(vectors).flatMap(([name, group]) =>
  Object.entries(group).map(([file, content]) => [
    `${root}packages/${name}/test/vectors/${file}.json`, JSON.stringify(content, null, 2) + '\n'
  ] as const)))

files.set(spec, fillBlocks(readFileSync(spec, 'utf8'), { ...vectors.protocol, ...vectors.node }))

if (process.argv.includes('--check')) {
  const stale = [...files].filter(([path, content]) => current(path) !== content).map(([path]) => relative(root, path))

  if (stale.length > 0) {
    console.error(`not what node scripts/vectors.ts writes: ${stale.join(', ')}`)
    process.exitCode = 1
  }
} else {
  files.forEach((content, path) => { writeFileSync(path, content) })
}

function current (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // missing is stale, too
  }
}
