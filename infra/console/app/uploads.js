// What the pages know of uploads: their states as badges, their rows as parts, files on their way in.

import { call, caller, may, passes, Problem } from './api.js';
import { to } from './router.js';
import { put } from './storage.js';
import { t } from './words.js';

/** What may be dropped, and who may drop it. */
const ROLES = { residents: ['register'], doses: ['register', 'doses'], inquiries: ['inquire'] };
export const KINDS = Object.keys(ROLES);
export const mayDrop = (kind) => may(...ROLES[kind]);

/** Who may see refused rows: those of residents and inquiries hold My Numbers. */
const SEES_REFUSED = { ...ROLES, doses: ['read', 'register', 'doses'] };
export const seesRefused = (kind) => may(...SEES_REFUSED[kind]);

/** Where a file is looked at: a file of inquiries among the inquiries by whoever may ask. */
export const placeOf = (kind, id) => (kind === 'inquiries' && mayDrop(kind) ? to('inquiries', 'file', id) : to('files', id));

const COLOURS = { checking: 'busy', waiting: 'busy', loading: 'busy', refused: 'bad', held: 'doubt', in_force: 'good', recorded: 'good', no_change: 'plain', discarded: 'plain' };
export const kindOf = (state) => COLOURS[state] ?? 'plain';
export const isUnderWay = (upload) => !upload.ended && upload.state !== 'held';

/** One upload as it stands now. */
export const read = async (id, signal) => (await call('GET', `/uploads/${encodeURIComponent(id)}`, undefined, { signal })).data;

/** A link to one of its files that was just made. */
export const freshLink = async (id, name) => (await read(id)).links[name];

/** Whether all of its refused rows are known: of residents after the check; of others the load or the asking refuses more. */
export const allRefusedKnown = (upload) => upload.kind === 'residents' || upload.ended;

/** The name under which refused rows of a file are saved, mended and dropped again. */
export const errorsName = (upload) => upload.file.replace(/(_errors)?\.csv$/i, '_errors.csv');

/** Whether nothing of a file came in: its mended rows alone would leave out all the others. */
export const tookNothing = (upload) => ['refused', 'held', 'discarded'].includes(upload.state);

const WELL = ['in_force', 'recorded', 'no_change'];

/**
 * Whether files that came later made good what was refused of one: all of its refused rows, mended, if the others came in; the file
 * itself, once more; or of residents another register that is in force. Inquiries are others every day, under whatever name, and what came
 * instead of a file that was refused whole has no fewer rows.
 */
export function isMended(upload, later) {
  const well = later.filter((it) => it.kind === upload.kind && WELL.includes(it.state));
  const rows = well.filter((it) => it.file === errorsName(upload)).reduce((sum, it) => sum + it.rows.in, 0);
  if (rows && rows >= upload.rows.refused && !tookNothing(upload)) return true;
  const isWhole = (it) => it.file !== errorsName(it);
  const isAgain = (it) => (upload.state === 'refused' ? it.rows.in >= upload.rows.in : upload.kind !== 'inquiries' && isWhole(it));
  return well.some((it) => (it.file === upload.file ? isAgain(it) : upload.kind === 'residents' && isWhole(it)));
}

/** The order in which parts of a file are told, of whichever kind it is. */
const ORDER = ['new', 'recorded', 'answered', 'changed', 'unchanged', 'removed', 'review', 'conflict', 'waiting', 'refused'];

/** Where the rows of a file went; only what its kind knows. */
export function partsOf(rows) {
  const nameOf = (key) => t(key === 'refused' && rows.answered !== undefined ? 'rows.not-asked' : `rows.${key}`);
  return ORDER.filter((key) => rows[key] !== undefined).map((key) => ({ key, name: nameOf(key), value: rows[key] }));
}

export const settled = (rows) => ORDER.reduce((sum, key) => sum + (rows[key] ?? 0), 0);

/** How far a file at work is, between 0 and 1; undefined where nothing is known yet. */
export function shareDone({ state, rows, under_way: underWay }) {
  const done = settled(rows) + (underWay ?? 0);
  return state === 'loading' && done > 0 ? Math.min(done / rows.in, 1) : undefined;
}

const SAFE = /^[A-Za-z0-9][A-Za-z0-9._-]*\.[Cc][Ss][Vv]$/;
const AS_OF = /_(\d{4})(\d\d)(\d\d)(?:_errors)?\.csv$/i;

/**
 * How dates stand in names of files, also in the era Reiwa (4ee4 548c); behind eight digits a time of day may follow. `as_of_date` in
 * `shared/domain` looks for the same.
 */
const DATES = [
  /(20\d\d)年(\d{1,2})月(\d{1,2})日/,
  /\u4ee4\u548c(元|\d{1,2})年(\d{1,2})月(\d{1,2})日/,
  /(?<![A-Za-z])[Rr](\d{1,2})[-_.](\d{1,2})[-_.](\d{1,2})(?!\d)/,
  /(?<!\d)(20\d\d)[-_.](\d{1,2})[-_.](\d{1,2})(?!\d)/,
  /(?<!\d)(20\d\d)(\d\d)(\d\d)(?=(?:\d{4}|\d{6})?(?!\d))/,
];

/** A year of Reiwa has at most two digits. */
const yearOf = (text) => (text === '元' ? 2019 : Number(text) < 100 ? 2018 + Number(text) : Number(text));

/** A match of year, month and day as `YYYY-MM-DD`; null if the calendar has no such day. */
function dayOf(found) {
  if (!found) return null;
  const at = new Date(Date.UTC(yearOf(found[1]), found[2] - 1, found[3]));
  return at.getUTCMonth() === found[2] - 1 ? at.toISOString().slice(0, 10) : null;
}

const dateIn = (name) => DATES.map((it) => dayOf(name.match(it))).find(Boolean);

const dateAtEnd = (name) => dayOf(name.match(AS_OF));

/** The as-of date that is read from the name under which a file is dropped, as `YYYY-MM-DD`; null if there is none. */
export const asOfDate = (name) => dateAtEnd(name) ?? dateIn(name.normalize('NFKC')) ?? null;

const WEIGHTS = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/** Whether twelve digits in a name are a My Number. `has_my_number` in `shared/domain` looks for the same. */
const hasMyNumber = (name) => (name.match(/(?<!\d)\d{12}(?!\d)/g) ?? []).some((digits) => {
  const rest = WEIGHTS.reduce((sum, weight, at) => sum + weight * digits[at], 0) % 11;
  return Number(digits[11]) === (rest < 2 ? 0 : 11 - rest);
});

/**
 * The name under which a file is dropped: its own if it can be, else its kind and the date that stands in it. Of residents the date is
 * that of the register and is put at its end; refused rows keep the name by which they are known.
 */
export function nameFor(file, kind) {
  const { name } = file;
  const isRead = kind !== 'residents' || dateAtEnd(name) || /_errors\.csv$/i.test(name);
  const found = dateIn(name.normalize('NFKC'));
  if (SAFE.test(name) && name.length <= 100 && !hasMyNumber(name) && (isRead || !found)) return name;
  return found ? `${kind}_${found.replaceAll('-', '')}.csv` : `${kind}.csv`;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until `found(data)` answers something. A network that is gone for a while, or an API that is busy, ends nothing. */
async function askUntil(call, path, found) {
  for (let wait = 150; ; wait = Math.min(wait * 1.5, 3000)) {
    try {
      const answer = found((await call('GET', path)).data);
      if (answer) return answer;
    } catch (problem) {
      if (!problem.words || !passes(problem)) throw problem;
    }
    await pause(wait);
  }
}

/** What is said of a file that was sent and then lost from sight: not that it was not sent. */
const unseen = (problem) => (problem.words && problem.status !== 401 ? new Problem(problem.status, 'UNSEEN', 'problem.unseen') : problem);

/**
 * Drops one file and finds it among the uploads. `onStep(step, share)`: `sending`, by what share if that is known, then `arriving`.
 * Answers its id; the problem UNSEEN if it was sent, and cannot be found.
 */
export async function drop(file, kind, onStep) {
  if (file.size > 2e9) throw new Problem(0, 'TOO_LARGE', 'problem.too-large');
  const call = caller();
  onStep('sending');
  const { data: ticket } = await call('POST', '/uploads', { kind, name: nameFor(file, kind) });
  const version = await put(ticket, file, (share) => onStep('sending', share));
  onStep('arriving');
  const isIt = (upload) => upload.key === ticket.key && (!version || upload.version === version);
  try {
    await pause(150);
    return await askUntil(call, '/uploads?limit=50', ({ uploads }) => uploads.find(isIt)?.id);
  } catch (problem) {
    throw unseen(problem);
  }
}

/** Waits until every row of a file was checked, and it is decided what becomes of it. */
export async function decided(id) {
  await askUntil(caller(), `/uploads/${id}`, ({ state }) => state !== 'checking');
}
