// preloaded with --import: writes down each module that is loaded
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

registerHooks({
  load (url, context, next) {
    appendFileSync(process.env.LOAD_LOG, `${url}\n`)

    return next(url, context)
  }
})
