// Doses that wait for the network: in memory only, each sealed under a key that cannot leave the browser. An entry says
// which coupon and which birth date, never a name of the person. It is sent under the idempotency key that it got when it was
// made, so an answer that was lost on the way makes no second dose. It belongs to who entered it: nobody else who signs in on this
// page is told of it, and nobody else sends it.

import { call, currentSession, may, passes, wouldLoseAny } from './api.js';

const FIRST_PAUSE = 2_000; // ms
const LONGEST_PAUSE = 30_000;
const PATIENCE = 8_000; // for one answer

let key = null;
let waiting = [];
let sending = false;
let timer = 0;
let pause = FIRST_PAUSE;
const listeners = new Set();

/** Hears `(id, outcome, body)` of each dose that left the queue; outcome null says only that the queue changed. */
export function onQueue(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = (id, outcome, body) => listeners.forEach((listener) => listener(id, outcome, body));

const ownerOf = (session) => session && JSON.stringify([session.tenant, session.person]);
const isMine = (entry) => may('doses') && entry.owner === ownerOf(currentSession());
const mine = () => waiting.filter(isMine);

/** How many wait of whoever is signed in and may send them. */
export const queued = () => mine().length;

/** How many wait, whoever entered them. */
export const queuedByAnybody = () => waiting.length;

const sealing = () => {
  key ??= crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return key;
};

async function seal(id, body, owner) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const place = new TextEncoder().encode(id);
  const plain = new TextEncoder().encode(JSON.stringify(body));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: place }, await sealing(), plain);
  return { id, iv, sealed, owner };
}

async function unseal({ id, iv, sealed }) {
  const place = new TextEncoder().encode(id);
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: place }, await sealing(), sealed);
  return JSON.parse(new TextDecoder().decode(plain));
}

/** Records a dose now, or keeps it until it can be. `id` is its idempotency key. Answers what became of it. */
export async function record(id, body) {
  // Those who came before go first: a second dose must not overtake the first.
  const owner = ownerOf(currentSession());
  const outcome = queued() ? null : await send(id, body);
  // Whoever signed out meanwhile was not told: it is asked again, under the same key, when they are back.
  if (outcome && owner === ownerOf(currentSession())) return outcome;
  waiting.push(await seal(id, body, owner));
  tell(id, null);
  later();
  return { kind: 'queued', findings: [] };
}

/** What became of it; null if it may do better later. */
async function send(id, body) {
  try {
    const headers = { 'idempotency-key': id };
    const { data } = await call('POST', '/doses', body, { headers, signal: AbortSignal.timeout(PATIENCE) });
    return { kind: data.outcome, dose: data.id, findings: data.findings };
  } catch (problem) {
    if (!problem.words) throw problem;
    if (passes(problem) || problem.status === 401) return null;
    const findings = problem.told?.findings ?? [];
    if (problem.code === 'DOSE_CONFLICT') return { kind: 'conflict', dose: problem.told.id, findings, problem };
    return { kind: 'refused', findings, problem };
  }
}

/** Sends what waits of whoever is signed in, one after the other in its order, until nothing does or the network is gone again. */
export async function flush() {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  const next = () => waiting.find(isMine);
  try {
    for (let entry = next(); entry; entry = next()) {
      const body = await unseal(entry);
      // Somebody else may have signed in meanwhile: they neither send it nor hear what became of it.
      if (!isMine(entry)) continue;
      const outcome = await send(entry.id, body);
      if (!isMine(entry)) continue;
      if (!outcome) break;
      waiting = waiting.filter((it) => it !== entry);
      pause = FIRST_PAUSE;
      tell(entry.id, outcome, body);
    }
  } finally {
    // Whatever went wrong, what waits is sent later.
    sending = false;
    if (queued()) later();
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(flush, pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

addEventListener('online', () => {
  pause = FIRST_PAUSE;
  flush();
});

// Closing the page would lose what waits, and what others hold: the browser asks first.
addEventListener('beforeunload', (event) => {
  if (waiting.length || wouldLoseAny()) event.preventDefault();
});
