/** Said wherever a recovered stash is told of that may not be the newest. */
export const UNCONFIRMED = 'nara-stash: unconfirmed: too few answered to be sure that it is the newest version; nara-stash status tells how many\n'

/** Why a stash that was recovered may have been deleted. */
export const MAY_BE_DELETED = 'it may have been deleted: all who have it were away for more than 14 days, and nobody within reach would know'

/** Said wherever it is handed out. */
export const MAY_BE_DELETED_WARNING = `nara-stash: ${MAY_BE_DELETED}. To keep it, put it again; to delete it, nara-stash forget\n`
