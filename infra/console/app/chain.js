// The hash chain of a municipality's log, computed again: SHA-256 over the hash before, the number, the time in milliseconds and
// every fact in the order in which the API gives them, each with its length before it. Nothing is left out and nothing trusted: a
// fact that was changed, added, dropped or moved makes another hash. Of an entry whose facts are withheld from whoever looks, only its
// place is held against its neighbours.

import { call } from './api.js';

const NONE = '0'.repeat(64);

const text = (value) => new TextEncoder().encode(value);
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
export const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Eight bytes, the highest first. */
function wide(value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value));
  return new Uint8Array(view.buffer);
}

/** Whether its facts are for whoever may approve. */
export const isWithheld = (entry) => entry.kind === 'withheld';

export async function hashOf(entry) {
  const facts = Object.entries(entry.facts).flatMap(([name, fact]) => [text(name), text(fact)]);
  const parts = [bytes(entry.before), wide(entry.seq), wide(Date.parse(entry.at)), ...facts];
  const whole = new Blob(parts.flatMap((part) => [wide(part.length), part]));
  return hex(await crypto.subtle.digest('SHA-256', await whole.arrayBuffer()));
}

/** Whether entries, newest first and all of them, are one unbroken chain. Answers the number where it breaks, or null. */
export async function breaksAt(entries) {
  for (const [at, entry] of entries.entries()) {
    const before = entries[at + 1];
    if (entry.seq !== (before?.seq ?? 0) + 1) return entry.seq;
    if (entry.before !== (before?.hash ?? NONE)) return entry.seq;
    if (!isWithheld(entry) && entry.hash !== await hashOf(entry)) return entry.seq;
  }
  return null;
}

/** The whole log, newest first. */
export async function wholeLog(onPage) {
  const entries = [];
  for (let after = ''; ;) {
    const { data } = await call('GET', `/log?limit=100${after && `&after=${encodeURIComponent(after)}`}`);
    entries.push(...data.entries);
    onPage(entries.length);
    after = data.next;
    if (!after) return entries;
  }
}
