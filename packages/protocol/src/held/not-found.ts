/** True for what a datastore throws if it has no such key. */
export function isNotFound (err: unknown): boolean {
  return err instanceof Error && err.name === 'NotFoundError'
}
