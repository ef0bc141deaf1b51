// preloaded with --import: the machine's clock was never set
const offset = Date.now()
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor (...args) {
    super(...(args.length === 0 ? [RealDate.now() - offset] : args))
  }

  static now () {
    return RealDate.now() - offset
  }
}
