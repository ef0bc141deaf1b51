/**
 * The command line and the daemon as functions, and the shapes of what the daemon answers.
 *
 * @packageDocumentation
 */

export { connect } from './client/api-client.ts'
export type { ApiClient, PutOptions } from './client/api-client.ts'
export { exitCodes } from './cli/exit-codes.ts'
export type { ExitCode } from './cli/exit-codes.ts'
export type {
  ConfidantsAnswer, DaemonEvent, DaemonStatus, DecisionAnswer, ErrorAnswer, ForgetAnswer, FreshAnswer, MissedEvent, PeersAnswer, PutAnswer, StartedEvent,
  StashAnswer, StoppedEvent, StoppingEvent
} from './api/types.ts'
