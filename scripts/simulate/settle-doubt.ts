import { NotFoundError } from '../../packages/node/dist/errors.js'
import type { Truth } from './truth.ts'
import type { StashService } from '../../packages/node/dist/stash-service.js'

/** What a user does who is told of a doubt that does not end: goes on with the best that can be read; if nothing can, with nothing. */
export async function settleDoubt (service: StashService, truth: Truth, note: (text: string) => void): Promise<void> {
  try {
    const { outcome } = await service.acceptOlder()
    note(`its user goes on with what can be read: ${outcome}`)
  } catch (err) {
    if (!(err instanceof NotFoundError)) {
      throw err
    }

    note('its user begins anew')
    truth.lose()
    await service.startFresh()
  }
}
