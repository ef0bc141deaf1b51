/** A condition did not come true in the virtual time that it was given. */
export class VirtualTimeoutError extends Error {
  override name = 'VirtualTimeoutError'
}

/** Two callers drive one virtual clock at once, or a timer drives the clock that runs it. */
export class ClockDrivenTwiceError extends Error {
  override name = 'ClockDrivenTwiceError'
}

/** A verb of the simulated network names a peer that never joined, or one that is up or down when it should not be. */
export class PeerStateError extends Error {
  override name = 'PeerStateError'
}
