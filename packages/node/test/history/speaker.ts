/** Who said in this exchange that it holds the record in question. */
export function saidWhoHolds (request: string, answer: string, from: string, to: string): string | undefined {
  switch (`${request} ${answer}`) {
    case 'store stored':
    case 'store have':
    case 'fetch found':
    case 'challenge proof':
    case 'release have':
      return to
    default:
      return request === 'offer' ? from : undefined
  }
}
