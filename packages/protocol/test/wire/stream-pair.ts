import { yamux } from '@chainsafe/libp2p-yamux'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { pEvent } from 'p-event'
import type { MultiaddrConnection, Stream, StreamMuxer } from '@libp2p/interface'

/** Both ends of a stream, of its muxers and of the connection below. */
export interface StreamPair {
  near: Stream
  far: Stream
  muxers: { near: StreamMuxer, far: StreamMuxer }
  connections: { near: MultiaddrConnection, far: MultiaddrConnection }
}

const createMuxerFactory = yamux({ enableKeepAlive: false, streamOptions: { maxStreamWindowSize: 2 << 20 } })

/** Streams of the real muxer over a connection in memory. */
export async function streamPair (): Promise<StreamPair> {
  const [near, far] = multiaddrConnectionPair()
  const muxers = { near: createMuxerFactory().createStreamMuxer(near), far: createMuxerFactory().createStreamMuxer(far) }

  return { ...await openPair(muxers), muxers, connections: { near, far } }
}

/** One more stream between the same muxers. */
export async function openPair (muxers: StreamPair['muxers']): Promise<Pick<StreamPair, 'near' | 'far'>> {
  const incoming = pEvent(muxers.far as never, 'stream') as unknown as Promise<CustomEvent<Stream>>
  const near = await muxers.near.createStream()

  return { near, far: (await incoming).detail }
}

/** Turns of the event loop until the condition holds; a test that waits in vain runs into its time limit. */
export async function until (condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Counts the bytes that a stream hands over from here on. */
export function arrivals (stream: Stream): () => number {
  let bytes = 0
  stream.addEventListener('message', evt => { bytes += evt.data.byteLength })

  return () => bytes
}
