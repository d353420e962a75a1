// What a desk of a venue keeps until its sign-in ends, in memory only: what all doses of the day share, and what was entered last.

import { onEnd } from './api.js';
import { parts } from './coupon.js';
import { onQueue, record } from './queue.js';
import { today } from './words.js';
import { play } from './sounds.js';

const KEPT = 30; // entries

export const SHARED = ['given_on', 'product', 'lot', 'venue', 'physician'];
export const NEEDED = ['given_on', 'product', 'lot'];

const empty = () => ({ shared: { given_on: today() }, entries: [], done: 0 });
export const desk = empty();
onEnd(() => Object.assign(desk, empty()));

const listeners = new Set();
export function onDesk(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
const tell = () => listeners.forEach((listener) => listener());

export function share(name, value) {
  desk.shared = { ...desk.shared, [name]: value };
  tell();
}

/** What of the shared fields is still to be filled in. */
export const missing = () => NEEDED.filter((name) => !desk.shared[name]?.trim());

/** How each outcome is shown: its colour, and its tune. */
export const KINDS = {
  recorded: ['good', 'done'],
  unchanged: ['plain', 'done'],
  queued: ['busy', 'done'],
  review: ['doubt', 'doubt'],
  waiting: ['doubt', 'doubt'],
  conflict: ['doubt', 'doubt'],
  skipped: ['plain', 'doubt'],
  refused: ['bad', 'refused'],
};

function note(entry) {
  desk.entries = [entry, ...desk.entries].slice(0, KEPT);
  tell();
}

function change(id, outcome) {
  // Who signed out meanwhile is not there any more to be told.
  if (!desk.entries.some((it) => it.id === id)) return;
  desk.entries = desk.entries.map((it) => (it.id === id ? { ...it, ...outcome } : it));
  if (outcome.kind !== 'queued') play(KINDS[outcome.kind][1]);
  if (outcome.kind === 'recorded') desk.done += 1;
  tell();
}

/** A dose that somebody saw and confirmed. Answers what became of it. */
export async function enter(coupon, second) {
  const shared = Object.fromEntries(SHARED.map((name) => [name, desk.shared[name]?.trim()]).filter(([, value]) => value));
  const { number, ...named } = coupon;
  const body = named.line ? { line: named.line, ...shared, ...second } : { coupon: named.coupon, municipality: named.municipality, number: String(number), ...shared, ...second };
  const id = crypto.randomUUID();
  note({ id, at: new Date(), coupon: coupon.coupon, number, lot: shared.lot, kind: 'saving', findings: [] });
  const outcome = await record(id, body);
  change(id, outcome);
  return outcome;
}

/** Somebody was shown, and not recorded. */
export const skip = (coupon) => note({ id: crypto.randomUUID(), at: new Date(), coupon: coupon.coupon, number: coupon.number, kind: 'skipped', findings: [] });

onQueue((id, outcome, body) => {
  if (!outcome) return tell();
  // Of an earlier sign-in: what was in the list then is forgotten, and the paper may have to be found.
  if (!desk.entries.some((it) => it.id === id)) {
    const { coupon, number } = body.line ? parts(body.line) : body;
    note({ id, at: new Date(), coupon, number, lot: body.lot, kind: 'queued', findings: [] });
  }
  return change(id, outcome);
});
