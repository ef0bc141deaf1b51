/** What went wrong, in one line. */
export function messageOf (err: unknown): string {
  return err instanceof Error ? err.message === '' ? err.name : err.message : String(err)
}
