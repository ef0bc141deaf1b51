import { encodeQR } from 'qr'

/** Black on white, whatever the terminal's own colours are: many readers want it that way round. */
const BLACK_ON_WHITE = '\u001b[30;107m'
const RESET = '\u001b[0m'

/** Light modules around it (ISO/IEC 18004, "Quiet zone"). */
const QUIET_ZONE = 4

/**
 * A QR code for a terminal, two rows of modules a line.
 *
 * @param columns - of the terminal
 * @returns undefined if it does not fit
 */
export function qrCode (text: string, columns: number): string | undefined {
  const modules = encodeQR(text, 'raw', { ecc: 'low', border: QUIET_ZONE })

  if (modules.length > columns) {
    return undefined
  }

  return modules.flatMap((row, y) => y % 2 === 0 ? [line(row, modules[y + 1] ?? [])] : []).join('')
}

function line (upper: readonly boolean[], lower: readonly boolean[]): string {
  const cells = upper.map((dark, x) => dark ? lower[x] === true ? '█' : '▀' : lower[x] === true ? '▄' : ' ')

  return `${BLACK_ON_WHITE}${cells.join('')}${RESET}\n`
}
