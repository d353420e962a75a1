// On which legal bases one may ask, and what each needs. The API holds every basis against the law of the day.

export const BASES = [
  { code: 'CONSENT', scan: true, second: false, purposes: ['VACCINATION', 'LEDGER', 'CERTIFICATE'] },
  { code: 'CONSENT_HARD_TO_OBTAIN', scan: false, second: true, purposes: ['VACCINATION', 'LEDGER'] },
];

export const STATES = { draft: 'doubt', granted: 'good', claimed: 'busy', answered: 'plain', revoked: 'plain', expired: 'plain' };

/** An id of one's own for an inquiry (UUID version 7), under which it can be repeated. */
export function newId(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0; at < 6; at += 1) bytes[at] = Math.floor(now / 256 ** (5 - at)) % 256;
  bytes[6] = (bytes[6] % 16) + 0x70;
  bytes[8] = (bytes[8] % 64) + 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
