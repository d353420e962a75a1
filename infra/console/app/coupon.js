// The 18 digits under a coupon: kind, number of the dose, municipality, number of the coupon.

const LINE = /^(\d)(\d)(\d{6})(\d{10})$/;

/** As somebody types or a scanner sends it: full width, blanks and dashes make no difference. */
export const fold = (text) => text.normalize('NFKC').replace(/[\s\-‐－]/g, '');

/** Null if it is no line. Whether it is a true one is for the API to say. */
export function parts(line) {
  const found = line.match(LINE);
  return found && { kind: found[1], number: Number(found[2]), municipality: found[3], coupon: found[4] };
}

/** Enough to find the paper again, too little to tell whose it is. */
export const ending = (coupon) => `…${coupon.slice(-4)}`;
