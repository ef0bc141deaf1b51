/** Anything that tells of changes by events. */
interface Teller {
  addEventListener (type: string, listener: () => void): void
  removeEventListener (type: string, listener: () => void): void
}

/** Below the runner's own limit, so that the message says what was missing. Milliseconds. */
const PATIENCE = 55_000

/**
 * Resolves once `condition` holds: looks at once, and after each event of these types.
 */
export async function until (teller: object, types: string | string[], condition: () => boolean, what = condition.toString(), patience = PATIENCE): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const target = teller as Teller
  const all = [types].flat()
  const look = (): void => {
    if (condition()) {
      resolve(undefined)
    }
  }
  const late = AbortSignal.timeout(patience)

  all.forEach(type => { target.addEventListener(type, look) })
  late.addEventListener('abort', () => { reject(new Error(`never came true: ${what}`)) })
  look()

  try {
    await promise
  } finally {
    all.forEach(type => { target.removeEventListener(type, look) })
  }
}
