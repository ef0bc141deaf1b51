import { matchedRoutes } from 'hono/route'
import { BadRequestError } from '../api/errors.ts'
import { printable } from '../text/printable.ts'
import type { Context, Next } from 'hono'

/** What a query may say, by route: README.md, "HTTP API". The other routes take none. */
const QUERIES: Record<string, readonly string[]> = {
  'GET /v1/stash': ['doubtful'],
  'PUT /v1/stash': ['timeout', 'allowEmpty'],
  'POST /v1/recover/accept-older': ['timeout'],
  'POST /v1/recover/adopt': ['timeout'],
  'POST /v1/forget': ['timeout']
}

/**
 * Before a route carries anything out: a parameter that it does not know, mistyped perhaps, or that stands there twice is not ignored.
 *
 * @throws {BadRequestError}
 */
export async function knownQuery (c: Context, next: Next): Promise<void> {
  // this one matches always: if nothing else does, there is no such request, whatever its query
  if (matchedRoutes(c).length < 2) {
    return await next()
  }

  // what GET answers answers HEAD, too
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
  const known = QUERIES[`${method} ${c.req.path}`] ?? []

  for (const [name, values] of Object.entries(c.req.queries())) {
    if (!known.includes(name)) {
      throw new BadRequestError(`there is no parameter ${printable(name)}; allowed: ${known.length === 0 ? 'none' : known.join(', ')}`)
    }

    if (values.length > 1) {
      throw new BadRequestError(`${name} is given more than once`)
    }
  }

  await next()
}
