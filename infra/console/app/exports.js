// What the pages know of exports.

/** One that has not ended by then will hardly end any more. */
const LATE = 30 * 60 * 1000;
export const isLate = (it) => it.state === 'requested' && Date.now() - Date.parse(it.requested_at) > LATE;
