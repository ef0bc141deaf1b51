import { Hono } from 'hono'
import { setImmediate } from 'node:timers/promises'
import { BadRequestError, EmptyInputError, errorRule, InDoubtError, NoStashError, StillSearchingError, TooLargeError } from '../api/errors.ts'
import { printable } from '../text/printable.ts'
import { doubtReasons } from '../text/doubt-reasons.ts'
import { count, formatBytes } from '../text/units.ts'
import { addDecisionRoutes } from './decision-routes.ts'
import { eventStream } from './event-stream.ts'
import { addLeaveRoute } from './leave-route.ts'
import { knownQuery } from './known-query.ts'
import { readBody } from './read-body.ts'
import { fieldOf, switchOf, timeoutOf } from './request-values.ts'
import { notKept, unlessCutShort } from './cut-short.ts'
import { connectedPeers, currentStash, isoDate, recoverAnswer, setAsideList, sha256, stashAnswer } from './stash-answer.ts'
import type { Given } from './stash-answer.ts'
import type { EventFeed } from './event-feed.ts'
import type {
  ConfidantsAnswer, DaemonStatus, ErrorAnswer, PeersAnswer, PutAnswer, RecoverAnswer, SetAsideAnswer, StashAnswer
} from '../api/types.ts'
import type { Clock } from '../clock.ts'
import type { Doubt, Nara, Stash } from '@nara-stash/node'
import type { Context } from 'hono'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface AppInit {
  nara: Pick<Nara, 'addresses' | 'stash'> & Partial<Pick<Nara, 'mdns'>>
  feed: EventFeed
  about: Pick<DaemonStatus, 'pid' | 'socket' | 'version' | 'maxStash' | 'listen' | 'network' | 'pskFile'>
  clock: Pick<Clock, 'now' | 'date' | 'setTimer'>
  /** Aborts when the daemon is told to stop. */
  stopping?: AbortSignal
  /** It has left, as it was asked to, and the answer is out. */
  onLeft?: () => void
  /** Told of failures that are nobody's expected answer. */
  unexpected?: (error: unknown) => void
}

/** The daemon's HTTP API: a value, served on the socket and called as it is by tests. */
export function createApp ({ nara, feed, about, clock, stopping, onLeft, unexpected }: AppInit): Hono {
  const { stash } = nara
  const app = new Hono()
  const started = clock.now()
  const confidants = (): ConfidantsAnswer => ({ confidants: stash.status().confidants, target: stash.targetConfidants })

  app.use(knownQuery)

  app.get('/v1/status', c => c.json<DaemonStatus>({
    ...stash.status(),
    addresses: nara.addresses,
    setAside: setAsideList(stash),
    ...about,
    mdns: nara.mdns?.status() ?? null,
    peers: connectedPeers(stash),
    uptime: Math.floor((clock.now() - started) / 1_000)
  }))

  app.get('/v1/peers', c => c.json<PeersAnswer>({ peers: stash.peers() }))

  app.get('/v1/events', c => eventStream(c, feed, clock))

  app.get('/v1/stash', c => {
    const given = readStash(stash, switchOf(c, 'doubtful'))

    return bytesAnswer(c, given.data, stashAnswer(stash, given))
  })

  app.get('/v1/set-aside/:number{[0-9]{1,3}}', c => {
    const version = stash.setAside()[Number(c.req.param('number')) - 1]

    if (version == null) {
      throw new NoStashError(`${count(stash.setAside().length, 'version')} set aside, so there is no number ${c.req.param('number')}`)
    }

    const { data, timestamp } = version

    return bytesAnswer(c, data, { bytes: data.length, sha256: sha256(data), updatedAt: isoDate(timestamp), state: stash.state })
  })

  app.put('/v1/stash', async c => {
    const timeout = timeoutOf(c)
    const mayBeEmpty = switchOf(c, 'allowEmpty')
    const data = await readBody(c, { limit: about.maxStash, clock, tooLarge: () => tooLarge(about.maxStash) })

    if (data.length === 0 && !mayBeEmpty) {
      throw new EmptyInputError('the body is empty')
    }

    const writing = stash.setStashData(data, { timeout })

    if (await goesOn(writing) && stopping?.aborted !== true) {
      // whoever waits may go: from here on it is the daemon's
      taken(c)
    }

    const result = await unlessCutShort(writing, stopping, notKept)

    if (stash.state === 'doubtful' && result.outcome !== 'kept') {
      throw new InDoubtError(result.seq == null
        ? 'it is in doubt what the stash is: this write waits until you decide, and is set aside if another version is taken'
        : 'another version turned up, and it is in doubt which is the stash: this write is one of those to decide on')
    }

    return c.json<PutAnswer>({ ...result, bytes: data.length, sha256: sha256(data), peers: connectedPeers(stash) })
  })

  app.post('/v1/recover', async c => {
    await unlessCutShort(stash.recoverFromAny(stopping == null ? {} : { signal: stopping }), stopping, () => undefined).catch((error: unknown) => {
      // of a stash that was lost nobody has anything, and yet it is not nothing
      throw stash.state === 'doubtful' && (error as Error).name !== 'StoppingError' ? new InDoubtError((error as Error).message) : error
    })

    return c.json<RecoverAnswer>(recoverAnswer(stash))
  })

  app.get('/v1/confidants', c => c.json(confidants()))

  app.put('/v1/confidants', async c => {
    stash.setConfidants(await peersOf(c, clock))

    return c.json(confidants())
  })

  app.post('/v1/confidants/add', async c => {
    stash.setConfidants([...new Set([...stash.confidants, ...await peersOf(c, clock)])])

    return c.json(confidants())
  })

  app.post('/v1/confidants/remove', async c => {
    const removed = await peersOf(c, clock)
    const strangers = removed.filter(peer => !stash.confidants.includes(peer))

    if (strangers.length > 0) {
      throw new BadRequestError(`no confidant: ${printable(strangers.join(', '))}`)
    }

    stash.setConfidants(stash.confidants.filter(peer => !removed.includes(peer)))

    return c.json(confidants())
  })

  app.post('/v1/confidants/auto', async c => {
    await stash.selectConfidantsAutomatically()

    return c.json(confidants())
  })

  addDecisionRoutes(app, { stash, clock, stopping })
  addLeaveRoute(app, stash, onLeft)

  app.notFound(c => c.json<ErrorAnswer>(answerTo('UnknownRouteError', `there is no ${c.req.method} ${c.req.path}`), 404))

  app.onError((error, c) => {
    const { status } = errorRule(error.name)

    // a client that went away in the middle of its request is no failure of the daemon
    if (status === 500 && !c.req.raw.signal.aborted) {
      unexpected?.(error)
    }

    return c.json<ErrorAnswer>(answerTo(error.name, error.message), status)
  })

  return app
}

function answerTo (name: string, message: string): ErrorAnswer {
  const { hint } = errorRule(name)

  return { error: { name, message, ...(hint == null ? {} : { hint }) } }
}

function readStash (stash: Stash, evenDoubtful: boolean): Given {
  const { state } = stash
  const { doubt } = stash.status().recovery

  if (state === 'doubtful' && !evenDoubtful) {
    throw new InDoubtError(doubt == null ? 'it is in doubt which version is the newest' : doubtReasons[doubt.reason])
  }

  if (state === 'searching' || state === 'recovering') {
    throw new StillSearchingError(state === 'searching'
      ? 'no stash found yet: the search goes on'
      : 'a copy was found; whether it is the newest is still being asked')
  }

  // of what a search brought none is the current one until somebody decides; the best comes first
  const given = currentStash(stash) ?? (state === 'doubtful' ? stash.setAside()[0] : undefined)

  if (given == null) {
    throw doubt == null ? new NoStashError('there is no stash') : new InDoubtError(outOfReach(doubt))
  }

  return given
}

function outOfReach ({ reason, records: [newest] }: Doubt): string {
  const known = newest == null ? 'there was a stash' : `version ${newest.seq} is known of`

  return `${reason === 'LOST' ? 'the stash is lost: ' : ''}${known}, and nobody within reach has anything that can be read`
}

/** `work` is not over at once: a refusal that needs nobody else comes before the next turn. */
async function goesOn (work: Promise<unknown>): Promise<boolean> {
  const over = async (): Promise<boolean> => false

  return await Promise.race([work.then(over, over), setImmediate(true)])
}

/** Tells a client at once that its body is here whole: an informational answer before the one that may take long, and none for HTTP/1.0 (RFC 9110, section 15.2). */
function taken (c: Context): void {
  const { incoming, outgoing } = (c.env ?? {}) as { incoming?: Pick<IncomingMessage, 'httpVersionMinor'>, outgoing?: Pick<ServerResponse, 'writeProcessing'> }

  if (incoming != null && incoming.httpVersionMinor >= 1) {
    outgoing?.writeProcessing()
  }
}

function bytesAnswer (c: Context, data: Uint8Array, about: StashAnswer | SetAsideAnswer): Response {
  return c.body(new Uint8Array(data), 200, { 'content-type': 'application/octet-stream', 'nara-stash': JSON.stringify(about) })
}

async function peersOf (c: Context, clock: Pick<Clock, 'setTimer'>): Promise<string[]> {
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.length > 0 && value.every(peer => typeof peer === 'string')

  return await fieldOf(c, clock, { name: 'peers', isRight: isList, example: '{ "peers": ["12D3KooW..."] }' })
}

function tooLarge (limit: number): TooLargeError {
  return new TooLargeError(`the data is larger than ${limit} bytes (${formatBytes(limit)})`)
}
