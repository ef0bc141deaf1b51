import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createAdaptorServer } from '@hono/node-server'
import { fileError } from '../files/read-small.ts'
import type { Hono } from 'hono'
import type { Server } from 'node:http'

/** A request's head must be there within this, in milliseconds. Whoever reads a body knows how long that may take (read-body.ts). */
const HEAD_TIMEOUT = 10_000

export interface ApiServer {
  /** Ends every connection and removes the socket. */
  close (): Promise<void>
}

/**
 * Serves the app on a Unix socket that only this user can connect to (0600).
 *
 * @throws {FileError}
 */
export async function serve (app: Pick<Hono, 'fetch'>, socket: string): Promise<ApiServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { headersTimeout: HEAD_TIMEOUT, requestTimeout: 0, keepAliveTimeout: 1_000 }
  }) as Server

  await listen(server, socket)

  return {
    close: async () => {
      const closed = once(server, 'close')

      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

async function listen (server: Server, socket: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // the socket is made while listen() runs: at no moment can anybody else connect
  const umask = process.umask(0o177)

  try {
    server.once('error', reject)
    server.listen(socket, resolve)
  } finally {
    process.umask(umask)
  }

  try {
    await promise
    chmodSync(socket, 0o600)
  } catch (error) {
    throw fileError('listen on', socket, error)
  } finally {
    server.off('error', reject)
  }
}
