import { CommandError } from '../cli/errors.ts'

/** Something that the demo shows did not happen: the message is the plain reason. */
export class DemoError extends CommandError {
  override name = 'DemoError'
}
