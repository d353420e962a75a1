// What needs a hand now.

import { html, Mark, Page, Icon, Badge, Waiting, ProblemNotice } from '../ui.js';
import { useEvery, useLoaded, usePolling } from '../loading.js';
import { t, said, currentLanguage, number, moment } from '../words.js';
import { call, listOf, may } from '../api.js';
import { to } from '../router.js';
import { isMended, isUnderWay, kindOf, placeOf, tookNothing } from '../uploads.js';
import { toDecide, withNames } from '../held.js';
import { isLate } from '../exports.js';
import '../texts/start.js';

/** What is held up, then what was refused, what goes on by itself, what only waits. */
const ORDER = ['doubt', 'bad', 'busy', 'plain'];

/** So often it is looked for what came meanwhile. */
const AGAIN = 60_000; // ms

/** Files of so many days still ask for something; no basis is good for longer. */
const RECENT = 14 * 24 * 3600 * 1000;

const isPast = (at) => Date.now() - new Date(at) > RECENT;
const isOld = (upload) => isPast(upload.dropped_at);

// What is loaded here holds finished texts: in another language it is loaded anew.

/** What may go on by itself while somebody looks. */
async function look(signal) {
  const hands = [];
  if (may('read', 'register')) hands.push(...ofUploads((await listOf('/uploads', 'uploads', isOld, signal)).filter((it) => !isOld(it))));
  if (may('read', 'register')) hands.push(...ofExports((await call('GET', '/exports', undefined, { signal })).data.exports));
  if (may('read')) hands.push(...ofDoses((await call('GET', '/doses/counts', undefined, { signal })).data));
  return hands;
}

/** Legal bases that wait for somebody who approves. Terms differ, so one that is good may be older than others that have expired. */
async function lookForBases(signal) {
  return may('approve') ? ofBases(await listOf('/consents', 'consents', (it) => isPast(it.recorded_at), signal)) : [];
}

/** Inquiries that wait for somebody who approves. */
async function lookForHeld(signal) {
  return may('approve') && may('read') ? ofHeld(await toDecide(signal), signal) : [];
}

/** Doses that wait for somebody. Those that wait for their resident are told, too: the coupon may be misread. */
function ofDoses(counts) {
  const one = (list, kind) => ({ id: list, kind, count: counts[list], what: t(`start.${list}`, { count: counts[list] }), about: t(`start.${list}-more`), href: to('checks', list) });
  return [one('conflict', 'doubt'), one('review', 'doubt'), one('waiting', 'plain')].filter((hand) => hand.count > 0);
}

/** Exports, newest first: those that failed or do not end, unless a later one was published. */
function ofExports(exports) {
  const last = exports.findIndex((it) => it.state === 'published');
  const since = last < 0 ? exports : exports.slice(0, last);
  const one = (id, kind, found, aboutOf) => (found.length ? [{ id, kind, count: found.length, what: t(`start.${id}`, { count: found.length }), about: [moment(found[0].requested_at), aboutOf(found[0])].join(' ・ '), href: to('exports') }] : []);
  return [
    ...one('export', 'bad', since.filter((it) => it.state === 'failed'), (it) => said(it.failure)),
    ...one('export-late', 'doubt', since.filter(isLate), (it) => t(`origin.${it.origin}`)),
  ];
}

/** Legal bases that a second person has to approve. */
function ofBases(consents) {
  const drafts = consents.filter((it) => it.state === 'draft').length;
  return drafts ? [{ id: 'approve', kind: 'doubt', count: drafts, what: t('start.approve', { count: drafts }), about: t('start.approve-more'), href: to('inquiries') }] : [];
}

/** So many are told one by one. */
const FEW = 5;

/** Inquiries about protected residents, which this municipality decides about itself. */
async function ofHeld(held, signal) {
  const hand = { kind: 'doubt', what: t('start.asked', { count: held.length > FEW ? held.length : 1 }) };
  if (held.length > FEW) return [{ ...hand, id: 'asked', count: held.length, about: t('start.asked-many'), href: to('inquiries', 'log') }];
  const named = await withNames(held, signal);
  return named.map(({ at, resident, asker, name }) => ({ ...hand, id: `asked-${resident}-${asker}`, count: 1, about: t('start.asked-more', { asker: name, at: moment(at) }), href: to('residents', resident) }));
}

/** Files, newest first. */
function ofUploads(uploads) {
  const open = uploads.filter((it, at) => !isMended(it, uploads.slice(0, at)));
  // Of a file that was refused whole its rows are told beside it: it may have been refused for something else than a row.
  const rowsOf = (upload, what) => (what === 'refused' && upload.rows.refused > 0 ? [t('files.rows-refused', { count: number(upload.rows.refused) })] : []);
  const one = (upload, kind, what, count) => ({ id: `${what}-${upload.id}`, kind, count, what: t(`start.${what}`, { count }), about: [upload.file, moment(upload.dropped_at), ...rowsOf(upload, what)].join(' ・ '), href: placeOf(upload.kind, upload.id), state: upload });
  return [
    ...uploads.filter((it) => it.state === 'held').map((it) => one(it, 'doubt', 'held', 1)),
    ...open.filter((it) => it.state === 'refused').map((it) => one(it, 'bad', 'refused', 1)),
    ...open.filter((it) => !tookNothing(it) && it.rows.refused > 0).map((it) => one(it, 'bad', 'rows', it.rows.refused)),
    ...uploads.filter(isUnderWay).map((it) => one(it, 'busy', 'running', it.rows.in)),
  ];
}

const TILES = [
  { name: 'files', roles: ['read', 'register'] },
  { name: 'doses', roles: ['doses'] },
  { name: 'checks', roles: ['read'] },
  { name: 'residents', roles: ['read'] },
  { name: 'inquiries', roles: ['inquire', 'approve'] },
  { name: 'exports', roles: ['read', 'register'] },
  { name: 'settings', roles: ['register'] },
];

export default function Start() {
  // Each for itself: a log of many pages holds up nothing else.
  const moving = useLoaded(look, [currentLanguage()]);
  const all = [moving, useLoaded(lookForBases, [currentLanguage()]), useLoaded(lookForHeld, [currentLanguage()])];
  const running = moving.data?.some((hand) => hand.kind === 'busy');
  const looked = all.every((it) => it.data || it.problem);
  const hands = all.flatMap((it) => it.data ?? []).sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const unseen = usePolling(async () => {
    moving.set(await look());
    return false;
  }, Boolean(running), []);
  const problem = all.find((it) => it.problem)?.problem ?? unseen;
  useEvery(AGAIN, () => all.forEach((it) => it.renew()));
  return html`
    <${Page} title=${t('start.title')} lead=${t('start.lead')}>
      <${ProblemNotice} problem=${problem} />
      ${hands.length > 0 && html`<ul class="hands">${hands.map((hand) => html`<${Hand} key=${hand.id} hand=${hand} />`)}</ul>`}
      ${!looked && html`<${Waiting} />`}
      ${looked && !hands.length && !problem && html`<div class="card row"><span class="good-mark"><${Icon} name="good" /></span><div><strong>${t('start.nothing')}</strong><p class="help">${t('start.nothing-more')}</p></div></div>`}
      <h2>${t('start.go')}</h2>
      <div class="tiles">
        ${TILES.filter((tile) => may(...tile.roles)).map((tile) => html`
          <a key=${tile.name} class="tile" href=${to(tile.name)}><${Icon} name=${tile.name} /><span><strong>${t(`nav.${tile.name}`)}</strong>${t(`start.tile.${tile.name}`)}</span></a>`)}
      </div>
    <//>`;
}

const Hand = ({ hand }) => html`
  <li><a class=${`hand hand-${hand.kind}`} href=${hand.href}>
    <span class="hand-count">${number(hand.count)}</span>
    <span class="hand-text"><span class="hand-what">${hand.what}</span><bdi class="sub">${hand.about}</bdi></span>
    ${hand.state && html`<${Badge} kind=${kindOf(hand.state.state)}>${said(hand.state.state_text)}<//>`}
    <${Mark} name="hand-arrow" />
  </a></li>`;
