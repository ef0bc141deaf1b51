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

/** A hundred turns of the event loop: what is on its way in memory has arrived. */
export async function quiet (): Promise<void> {
  for (let i = 0; i < 100; i++) {
    await new Promise(resolve => setImmediate(resolve))
  }
}
