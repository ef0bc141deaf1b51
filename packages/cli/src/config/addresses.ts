import { peerIdFromString } from '@libp2p/peer-id'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { InvalidValueError, parseText } from './values.ts'
import type { Parser } from './values.ts'
import type { Component } from '@multiformats/multiaddr'

/** An address to listen on. */
export const parseListenAddress: Parser<string> = raw => {
  const { text, components } = parseMultiaddr(raw)

  if (!components.some(({ name }) => name === 'tcp')) {
    throw new InvalidValueError('it has no /tcp/ part')
  }

  return text
}

/** An address to dial, with the peer id that must answer there. */
export const parsePeerAddress: Parser<string> = raw => {
  const { text, components } = parseMultiaddr(raw)
  const last = components.at(-1)

  if (last?.code !== CODE_P2P || last.value == null) {
    throw new InvalidValueError('it does not end in /p2p/ and a peer id, so nobody could tell who answers')
  }

  parsePeerId(last.value)

  if (components.length === 1) {
    throw new InvalidValueError('it names a peer, but not where it is')
  }

  return text
}

export const parsePeerId: Parser<string> = raw => {
  const text = parseText(raw)

  try {
    return peerIdFromString(text).toString()
  } catch {
    throw new InvalidValueError('the peer id is not valid')
  }
}

function parseMultiaddr (raw: unknown): { text: string, components: Component[] } {
  const text = parseText(raw)

  try {
    return { text, components: multiaddr(text).getComponents() }
  } catch (error) {
    throw new InvalidValueError((error as Error).message, { cause: error })
  }
}
