// preloaded with --import: on SIGUSR2 the time of day is eight hours later, as after a night in which the machine slept. Its monotonic clock stood still
const RealDate = Date
let offset = 0

process.on('SIGUSR2', () => { offset += 8 * 3_600_000 })

globalThis.Date = class extends RealDate {
  constructor (...args) {
    super(...(args.length === 0 ? [RealDate.now() + offset] : args))
  }

  static now () {
    return RealDate.now() + offset
  }
}
