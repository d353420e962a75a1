// What a desk of a venue keeps until its sign-in ends, in memory only: what all doses of the day share, presets of it under names, and
// what was entered last. Presets outlive the day in a file of the user's own; no storage of the browser ever holds them.

import { currentSession, onEnd, onLoss } from './api.js';
import { ending, parts } from './coupon.js';
import { LONGEST } from './dose.js';
import { onQueue, record } from './queue.js';
import { said, t, today } from './words.js';
import { play } from './sounds.js';
import { announce, asProblem } from './ui.js';

/** Of what went well so many entries are kept. What has to be looked at again stays: of a refused dose nobody else knows. */
export const KEPT = 30;
const WENT_WELL = ['recorded', 'unchanged', 'skipped'];

export const SHARED = ['given_on', 'product', 'lot', 'venue', 'physician'];
export const NEEDED = ['given_on', 'product', 'lot'];

const empty = () => ({ shared: { given_on: today() }, presets: [], unsaved: false, entries: [], done: 0 });
export const desk = empty();
onEnd(() => Object.assign(desk, empty()));
onLoss('presets', () => (desk.unsaved ? desk.presets.length : 0));

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

/** What a preset says beside its name; the day is not in it. */
export const OF_PRESET = ['product', 'lot', 'venue', 'physician'];
const PRESETS = { most: 30, name: 40, bytes: 100_000, kind: 'open-vrs presets', version: 1 };

/** Why a preset, or a file of them, is not taken; `number` is that of the preset in its file. */
export class Fault extends Error {
  constructor(what, values) {
    super(what);
    Object.assign(this, { what, values });
  }
}

/** A preset of what was typed or read; whatever else stands there is left behind. */
function presetOf(found) {
  const text = (name, most) => {
    const value = found !== null && typeof found === 'object' && Object.hasOwn(found, name) ? found[name] ?? '' : '';
    if (typeof value !== 'string' || value.trim().length > most || /\p{Cc}/u.test(value)) throw new Fault('text', { name, most });
    return value.trim();
  };
  const preset = { name: text('name', PRESETS.name), ...Object.fromEntries(OF_PRESET.map((name) => [name, text(name, LONGEST[name])])) };
  if (!preset.name) throw new Fault('nameless');
  if (OF_PRESET.every((name) => !preset[name])) throw new Fault('empty');
  return preset;
}

function setPresets(presets, unsaved) {
  if (presets.length > PRESETS.most) throw new Fault('many', { most: PRESETS.most });
  Object.assign(desk, { presets, unsaved });
  tell();
}

/** Keeps a preset, in the place of another or behind all. */
export function keepPreset(found, instead) {
  const preset = presetOf(found);
  if (desk.presets.some((it) => it !== instead && it.name === preset.name)) throw new Fault('taken');
  setPresets(instead ? desk.presets.map((it) => (it === instead ? preset : it)) : [...desk.presets, preset], true);
}

export const dropPreset = (preset) => setPresets(desk.presets.filter((it) => it !== preset), true);

/** All of it or nothing: a lot of one vaccine must not stay beside another. */
export function takePreset({ name, ...shared }) {
  desk.shared = { ...desk.shared, ...shared };
  tell();
}

export const isInUse = (preset) => OF_PRESET.every((name) => (desk.shared[name] ?? '').trim() === preset[name]);

export function presetsAsFile() {
  setPresets(desk.presets, false);
  return JSON.stringify({ kind: PRESETS.kind, version: PRESETS.version, presets: desk.presets }, null, 2);
}

/** Takes the presets of a file, over those of the same names. Nothing is taken unless all of it is sound. Answers how many. */
export async function loadPresets(file) {
  if (file.size > PRESETS.bytes) throw new Fault('large');
  const whose = currentSession();
  const read = parsed(await file.arrayBuffer());
  if (currentSession() !== whose) return 0; // who chose the file signed out meanwhile
  if (read?.kind !== PRESETS.kind || !Array.isArray(read.presets)) throw new Fault('other');
  if (read.version !== PRESETS.version) throw new Fault('version');
  const found = new Map(read.presets.map((it, at) => {
    try {
      const preset = presetOf(it);
      return [preset.name, preset];
    } catch (fault) {
      throw Object.assign(fault, { number: at + 1 });
    }
  }));
  const kept = desk.presets.map((it) => found.get(it.name) ?? it);
  const added = [...found.values()].filter((it) => !kept.includes(it));
  setPresets([...kept, ...added], desk.unsaved);
  return found.size;
}

function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Fault('json');
  }
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

function keep(entries) {
  let well = 0;
  desk.entries = entries.filter((it) => {
    if (!WENT_WELL.includes(it.kind)) return true;
    well += 1;
    return well <= KEPT;
  });
  tell();
}

const note = (entry) => keep([entry, ...desk.entries]);

function change(id, outcome) {
  // Who signed out meanwhile is not there any more to be told.
  if (!desk.entries.some((it) => it.id === id)) return;
  if (outcome.kind !== 'queued') play(KINDS[outcome.kind][1]);
  if (outcome.kind === 'recorded') desk.done += 1;
  keep(desk.entries.map((it) => (it.id === id ? { ...it, ...outcome } : it)));
}

/** Why an outcome is what it is, each reason as a text. */
export const whyOf = ({ kind, problem, findings }) => [
  ...(kind === 'refused' && problem ? [said(problem.words), problem.detail && said(problem.detail)] : []),
  ...findings.map(said),
].filter(Boolean);

/** An outcome as it is read out, with its reasons. */
export const outcomeText = (outcome) => [t(`outcome.${outcome.kind}`), ...whyOf(outcome)].join(t('list.comma'));

/** Of doses that waited: what became of them, said together as one follows the other, and of those that went well once. */
const QUIET = 700; // ms
const heard = new Set();
let saying = 0;
onEnd(() => {
  heard.clear();
  clearTimeout(saying);
});

function say({ coupon, number }, outcome) {
  const text = outcomeText(outcome);
  heard.add(WENT_WELL.includes(outcome.kind) || !coupon ? text : [ending(coupon), number && t('doses.number', { number }), text].filter(Boolean).join(' '));
  clearTimeout(saying);
  saying = setTimeout(() => {
    announce([...heard].join(' '));
    heard.clear();
  }, QUIET);
}

/** A dose that somebody saw and confirmed. Answers what became of it. */
export async function enter(coupon, second) {
  const shared = Object.fromEntries(SHARED.map((name) => [name, desk.shared[name]?.trim()]).filter(([, value]) => value));
  const { number, ...named } = coupon;
  const body = named.line ? { line: named.line, ...shared, ...second } : { coupon: named.coupon, municipality: named.municipality, number: String(number), ...shared, ...second };
  const id = crypto.randomUUID();
  note({ id, at: new Date(), coupon: coupon.coupon, number, lot: shared.lot, kind: 'saving', findings: [] });
  // What fails here was not sent, and is not waiting either.
  const outcome = await record(id, body).catch((error) => ({ kind: 'refused', findings: [], problem: asProblem(error) }));
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
  change(id, outcome);
  say(desk.entries.find((it) => it.id === id) ?? {}, outcome);
});
