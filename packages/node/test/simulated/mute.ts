import type { Nara, World } from './world.ts'

/** Nobody answers what `type` asks of `nara`, until the returned function is called. */
export function mute (world: World, nara: Nara, type: 'store' | 'fetch'): () => void {
  return world.net.intercept((_from, to, request, next) => to === nara.id && request.type === type ? undefined : next())
}
