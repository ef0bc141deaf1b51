/** A folder in which a nara keeps what it holds for others. For Node alone. */
export * from '@nara-stash/protocol/file-store'
