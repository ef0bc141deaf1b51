/** Said wherever a recovered stash is told of that may not be the newest. */
export const UNCONFIRMED = 'nara-stash: unconfirmed: too few answered to be sure that it is the newest version; nara-stash status tells how many\n'
