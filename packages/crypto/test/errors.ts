/** What a function throws. Fails if it does not. */
export function thrownBy (fn: () => unknown): Error {
  try {
    fn()
  } catch (err) {
    if (err instanceof Error) {
      return err
    }

    throw err
  }

  throw new Error('nothing was thrown')
}
