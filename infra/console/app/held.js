// Inquiries about address-protected residents: held back until this municipality decides whether the asker may be answered. What is
// held and what was decided stands in the log, newest first.

import { call, listOf } from './api.js';

/** A decision holds as long as a basis may; the asker has to ask again within it. */
const HOLDS = 14 * 24 * 3600 * 1000;

const pairOf = (facts) => `${facts.resident} ${facts.asker}`;
const isFresh = (entry) => Date.now() - Date.parse(entry.at) < HOLDS;

/** Who asked longer ago than a basis holds has nothing left to ask on. */
const fresh = async (signal) => (await listOf('/log', 'entries', (entry) => !isFresh(entry), signal)).filter(isFresh);

/** Whoever asked with a wrong birth date met nobody: that says nothing about what was held before. */
export const counts = (outcome) => outcome !== 'no_match';

/** Of entries, newest first, each asker's last inquiry about each resident, if it was held back and nothing was decided since. */
export function undecided(entries) {
  const seen = new Set();
  const open = [];
  for (const { at, facts } of entries) {
    if (!['answered', 'released'].includes(facts.kind) || !facts.resident || !counts(facts.outcome) || seen.has(pairOf(facts))) continue;
    seen.add(pairOf(facts));
    if (facts.outcome === 'held') open.push({ at, resident: facts.resident, asker: facts.asker });
  }
  return open;
}

/** What waits for a decision. */
export const toDecide = async (signal) => undecided(await fresh(signal));

/** The same with the names of the askers, which the log leaves out. */
export const withNames = (held, signal) => Promise.all(held.map(async (it) => {
  const { data } = await call('GET', `/residents/${encodeURIComponent(it.resident)}/inquiries`, undefined, { signal });
  return { ...it, name: data.inquiries.find((other) => other.asker === it.asker)?.asker_name ?? it.asker };
}));

/** Until when each asker may be answered about a resident, by its code, as `Date`s. */
export async function released(resident, signal) {
  const until = new Map();
  for (const { at, facts } of await fresh(signal)) {
    if (facts.kind === 'released' && facts.resident === resident && !until.has(facts.asker)) until.set(facts.asker, new Date(Date.parse(at) + HOLDS));
  }
  return until;
}
