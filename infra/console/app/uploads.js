// What the pages know of uploads: their states as badges, their rows as parts, files on their way in.

import { caller, may, put, Problem } from './api.js';
import { to } from './router.js';
import { t } from './words.js';

/** What may be dropped, and who may drop it. */
const ROLES = { residents: ['register'], doses: ['register', 'doses'], inquiries: ['inquire'] };
export const KINDS = Object.keys(ROLES);
export const mayDrop = (kind) => may(...ROLES[kind]);

/** Where a file is looked at: a file of inquiries among the inquiries by whoever may ask. */
export const placeOf = (kind, id) => (kind === 'inquiries' && mayDrop(kind) ? to('inquiries', 'file', id) : to('files', id));

const COLOURS = { checking: 'busy', waiting: 'busy', loading: 'busy', refused: 'bad', held: 'doubt', in_force: 'good', recorded: 'good', no_change: 'plain', discarded: 'plain' };
export const kindOf = (state) => COLOURS[state] ?? 'plain';
export const isUnderWay = (upload) => !upload.ended && upload.state !== 'held';

/** Whether all of its refused rows are known: of residents after the check; of others the load or the asking refuses more. */
export const allRefusedKnown = (upload) => upload.kind === 'residents' || upload.ended;

/** The name under which refused rows of a file are saved, mended and dropped again. */
export const errorsName = (upload) => upload.file.replace(/(_errors)?\.csv$/i, '_errors.csv');

const WELL = ['in_force', 'recorded', 'no_change'];

/**
 * Whether files that came later made good what was refused of one: all of its refused rows, mended; the file itself, once more; or of
 * residents another register that is in force.
 */
export function isMended(upload, later) {
  const well = later.filter((it) => it.kind === upload.kind && WELL.includes(it.state));
  const rows = well.filter((it) => it.file === errorsName(upload)).reduce((sum, it) => sum + it.rows.in, 0);
  if (rows && rows >= upload.rows.refused) return true;
  return well.some((it) => it.file !== errorsName(it) && (it.file === upload.file || upload.kind === 'residents'));
}

/** The order in which parts of a file are told, of whichever kind it is. */
const ORDER = ['new', 'recorded', 'answered', 'changed', 'unchanged', 'removed', 'review', 'conflict', 'waiting', 'refused'];

/** Where the rows of a file went; only what its kind knows. */
export function partsOf(rows) {
  const nameOf = (key) => t(key === 'refused' && rows.answered !== undefined ? 'rows.not-asked' : `rows.${key}`);
  return ORDER.filter((key) => rows[key] !== undefined).map((key) => ({ key, name: nameOf(key), value: rows[key] }));
}

export const settled = (rows) => ORDER.reduce((sum, key) => sum + (rows[key] ?? 0), 0);

const SAFE = /^[A-Za-z0-9][A-Za-z0-9._-]*\.[Cc][Ss][Vv]$/;

/** The name under which a file is dropped: its own if it can be, else its kind and the date that stands in it. */
export function nameFor(file, kind) {
  if (SAFE.test(file.name) && file.name.length <= 100) return file.name;
  const folded = file.name.normalize('NFKC');
  const asOf = folded.match(/(20\d\d)[-_.年]?([01]\d)[-_.月]?([0-3]\d)/);
  return asOf ? `${kind}_${asOf[1]}${asOf[2]}${asOf[3]}.csv` : `${kind}.csv`;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Drops one file and finds it among the uploads. `onStep(step, share)`: `sending`, by what share if that is known, then `arriving`. Answers its id. */
export async function drop(file, kind, onStep) {
  if (file.size > 5e9) throw new Problem(0, 'TOO_LARGE', 'problem.too-large');
  const call = caller();
  onStep('sending');
  const { data: ticket } = await call('POST', '/uploads', { kind, name: nameFor(file, kind) });
  const version = await put(ticket, file, (share) => onStep('sending', share));
  onStep('arriving');
  for (let wait = 150; ; wait = Math.min(wait * 1.5, 3000)) {
    await pause(wait);
    const { data } = await call('GET', '/uploads?limit=50');
    const found = data.uploads.find((upload) => upload.key === ticket.key && (!version || upload.version === version));
    if (found) return found.id;
  }
}

/** Waits until every row of a file was checked, and it is decided what becomes of it. */
export async function decided(id) {
  const call = caller();
  for (let wait = 150; ; wait = Math.min(wait * 1.5, 3000)) {
    const { data } = await call('GET', `/uploads/${id}`);
    if (data.state !== 'checking') return;
    await pause(wait);
  }
}
