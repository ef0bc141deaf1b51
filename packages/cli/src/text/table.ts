import { stripVTControlCharacters } from 'node:util'

/** Rows as columns of equal width, two spaces apart. Cells must be printable. */
export function table (rows: readonly (readonly string[])[]): string {
  const widths: number[] = []

  for (const row of rows) {
    row.forEach((cell, i) => { widths[i] = Math.max(widths[i] ?? 0, width(cell)) })
  }

  return rows.map(row => row
    .map((cell, i) => i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - width(cell)))
    .join('  ').trimEnd() + '\n').join('')
}

function width (cell: string): number {
  return Array.from(stripVTControlCharacters(cell)).length
}
