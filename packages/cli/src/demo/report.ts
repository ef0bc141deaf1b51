/** Milliseconds since the demo began, of what has happened so far. */
export interface DemoTimes {
  allStarted?: number
  documentKept?: number
  fileKept?: number
  killed?: number
  restarted?: number
  found?: number
  recovered?: number
  confidantKilled?: number
  repaired?: number
}

/** What the demo saw: filled in while it plays, so that a demo that fails tells how far it came. */
export interface DemoReport {
  /** Whether the stash came back bit for bit. */
  recovered: boolean
  /** SHA-256 of the file that was put, and of the bytes that came back, hex. */
  digests: { before?: string, after?: string }
  /** Of the file. */
  bytes?: number
  /** Which way the stash came back first: a confidant pushed it, or the owner asked. */
  via?: 'push' | 'fetch'
  /** Milliseconds from the start of the new process until its stash was back. */
  recoveryTime?: number
  /** Milliseconds from the kill of a confidant until all copies were there again; `repairDelay` of them were waited on purpose. */
  repairTime?: number
  repairDelay: number
  naras: number
  times: DemoTimes
}
