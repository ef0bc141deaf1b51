import { InvalidNetworkKeyError } from '../cli/errors.ts'
import { looseMode } from '../files/loose-mode.ts'
import { readSmallFile } from '../files/read-small.ts'
import { printable } from '../text/printable.ts'

/** libp2p specs, "Private networks". */
export const KEY_BYTES = 32

/** Three lines: the format's name, how the key is encoded, and 32 bytes of key. */
const NETWORK_KEY = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n[0-9a-f]{64}\s*$/i
const MAX_NETWORK_KEY_FILE = 4 * 1024

/**
 * The content of a libp2p private-network key file (libp2p specs, "Private networks") that only its owner can read.
 *
 * @throws {InvalidNetworkKeyError} it is none, or others can read it
 * @throws {FileError}
 */
export async function readNetworkKey (path: string): Promise<Uint8Array> {
  const { text, stats } = await readSmallFile(path, MAX_NETWORK_KEY_FILE)
  const mode = looseMode(stats)

  if (mode != null) {
    throw new InvalidNetworkKeyError(`others can read the private-network key in ${printable(path)}: its mode is ${mode}`, {
      hint: `chmod 600 ${printable(path)}`
    })
  }

  if (!NETWORK_KEY.test(text)) {
    throw new InvalidNetworkKeyError(`${printable(path)} is no private-network key`, {
      hint: 'it must hold three lines: /key/swarm/psk/1.0.0/, /base16/, and 64 hex digits, as nara-stash psk new makes them'
    })
  }

  return new TextEncoder().encode(text.trim().replaceAll('\r', '') + '\n')
}

/** The 32 bytes of key in what `readNetworkKey` returns. */
export function networkKeyBytes (file: Uint8Array): Uint8Array {
  return Buffer.from(new TextDecoder().decode(file).split('\n')[2] ?? '', 'hex')
}

/** A key file's text with these 32 bytes of key. */
export function formatNetworkKey (key: Uint8Array): string {
  return `/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(key).toString('hex')}\n`
}
