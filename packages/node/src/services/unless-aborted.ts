/**
 * Waits for work, which goes on if nobody waits any longer.
 *
 * @throws the signal's reason, once it has aborted
 */
export async function unlessAborted <Value> (work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal == null) {
    return await work
  }

  return await new Promise((resolve, reject) => {
    const onAbort = (): void => { reject(signal.reason as Error) }

    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => { signal.removeEventListener('abort', onAbort) })

    if (signal.aborted) {
      onAbort()
    }
  })
}
