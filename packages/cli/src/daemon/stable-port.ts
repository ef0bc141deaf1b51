import { join } from 'node:path'
import { isMissing, readSmallFile } from '../files/read-small.ts'
import { writePrivate } from '../files/write-private.ts'
import { printable } from '../text/printable.ts'
import type { Config } from '../config/load.ts'
import type { Nara, NaraOptions } from '@nara-stash/node'

/** NARA on a telephone's keypad. */
const DEFAULT_PORT = 6272

/** A port number and a line break. */
const MAX_PORT_FILE = 64

/** DIR/port: where a daemon listens that was not told where, so that invitations and firewall rules outlive a restart. */
function portPath (dir: string): string {
  return join(dir, 'port')
}

/** How a daemon listens that keeps its port from start to start. */
export interface StablePort {
  options: Pick<NaraOptions, 'listen' | 'anotherPort'>
  /**
   * Remembers the port that it came to be.
   *
   * @returns what people should know of it
   */
  settle (nara: Pick<Nara, 'listening'>): Promise<string[]>
}

/** What was told with `listen` is taken as it is, and nothing is remembered. */
export async function stablePort ({ dir, listen }: Pick<Config, 'dir' | 'listen'>): Promise<StablePort> {
  if (listen != null) {
    return { options: { listen }, settle: async () => [] }
  }

  const { port: remembered, note } = await readPort(dir)
  const wanted = remembered ?? DEFAULT_PORT

  return {
    options: { listen: [`/ip4/0.0.0.0/tcp/${wanted}`, `/ip6/::/tcp/${wanted}`], anotherPort: true },
    settle: async ({ listening }) => {
      const port = portOf(listening[0])
      const another = listening.find(address => portOf(address) !== port)

      return [
        ...(note == null ? [] : [note]),
        ...(port == null || port === wanted
          ? []
          : [`port ${wanted} is taken by another program: this nara listens on port ${port}, now and from the next start on. Invitations and firewall rules that name ${wanted} lead to that program`]),
        ...(another == null ? [] : [`port ${port ?? ''} is taken by another program in ${another.startsWith('/ip6/') ? 'IPv6' : 'IPv4'}, where this nara listens on port ${portOf(another) ?? ''}`]),
        ...(listening.length > 0 && !listening.some(address => address.startsWith('/ip6/')) ? ['this machine has no IPv6: this nara listens on IPv4 alone'] : []),
        ...(port == null || port === remembered ? [] : await writePort(dir, port))
      ]
    }
  }
}

async function readPort (dir: string): Promise<{ port?: number, note?: string }> {
  const path = portPath(dir)

  try {
    const text = (await readSmallFile(path, MAX_PORT_FILE)).text.trim()
    const port = Number(text)

    return /^\d{1,5}$/.test(text) && port > 0 && port <= 65_535
      ? { port }
      : { note: `${printable(path)} is damaged and was ignored: it must hold the number of a port` }
  } catch (error) {
    return isMissing(error) ? {} : { note: `${printable(path)} was ignored: ${printable((error as Error).message)}` }
  }
}

async function writePort (dir: string, port: number): Promise<string[]> {
  try {
    await writePrivate(dir, portPath(dir), `${port}\n`)

    return []
  } catch (error) {
    return [`the next start may listen on another port: ${(error as Error).message}`]
  }
}

function portOf (address = ''): number | undefined {
  const port = /\/tcp\/(\d+)/.exec(address)?.[1]

  return port == null ? undefined : Number(port)
}
