// One file: how far it is, where its rows went, what was refused, and what to decide.

import { html, useState, Break, Page, Badge, Notice, Waiting, ProblemNotice, Parts, Progress, Ask, announce } from '../ui.js';
import { useLoaded, usePolling } from '../loading.js';
import { t, said, number, moment, percent, size } from '../words.js';
import { may } from '../api.js';
import { useSaving } from '../storage.js';
import { allRefusedKnown, freshLink, isUnderWay, kindOf, mayDrop, partsOf, read, seesRefused, settled, shareDone } from '../uploads.js';
import { LISTS } from '../dose.js';
import { to } from '../router.js';
import Answers from './answers.js';
import { useChange } from './change.js';
import Refused from './refused.js';

/** One file; `back` says where one came from, if not from all files. */
export default function File({ id, back = { href: to('files'), text: t('files.back') } }) {
  const { data: upload, problem, set, reload } = useLoaded((signal) => read(id, signal), [id]);
  const unseen = usePolling(async () => {
    const data = await read(id);
    set(data);
    if (!isUnderWay(data)) announce(`${data.file}: ${said(data.state_text)}`);
    return !isUnderWay(data);
  }, Boolean(upload && isUnderWay(upload)), [id]);
  if (!upload) return html`<${Page} title=${t('file.title')} back=${back}><${ProblemNotice} problem=${problem} />${!problem && html`<${Waiting} />`}<//>`;
  return html`
    <${Page} title=${upload.file} back=${back}
      lead=${html`<${Badge} kind=${kindOf(upload.state)}>${said(upload.state_text)}<//> <span>${t(`kind.${upload.kind}`)} ・ ${t('file.dropped', { at: moment(upload.dropped_at) })}</span>`}>
      <${ProblemNotice} problem=${problem ?? unseen} />
      <${Steps} upload=${upload} isSeen=${!unseen} />
      ${upload.refusal && html`<${Refusal} upload=${upload} />`}
      <${Held} upload=${upload} onDecided=${set} onStale=${reload} />
      ${upload.links.answers && mayDrop(upload.kind) && html`<${Answers} upload=${upload} />`}
      <section class="card stack" aria-labelledby="rows-title">
        <h2 id="rows-title">${t('file.rows', { count: number(upload.rows.in) })}</h2>
        <${Parts} label=${t('file.rows-label')} whole=${upload.rows.in} parts=${partsOf(upload.rows)} />
        ${!upload.ended && upload.rows.in > settled(upload.rows) && html`<p class="help">${t('file.undecided', { count: number(upload.rows.in - settled(upload.rows)) })}</p>`}
        ${upload.links.errors && !allRefusedKnown(upload) && html`<p class="help">${t(`refused.later.${upload.kind}`)}</p>`}
        ${upload.errors_file && upload.links.receipt && !seesRefused(upload.kind) && html`<p class="help">${t(`refused.not-yours.${upload.kind}`)}</p>`}
        ${upload.ended && !upload.refusal && html`<p class="help">${t('file.sum', { count: number(upload.rows.in) })}</p>`}
      </section>
      ${may('read') && LISTS.some((list) => upload.rows[list] > 0) && html`
        <section class="card stack" aria-labelledby="hand-title">
          <h2 id="hand-title">${t('file.to-check')}</h2>
          <div class="row">${LISTS.filter((list) => upload.rows[list] > 0).map((list) => html`<a key=${list} class="button" href=${to('checks', list)}>${t(`list.${list}`)} ${number(upload.rows[list])}</a>`)}</div>
        </section>`}
      ${upload.links.errors && allRefusedKnown(upload) && html`<${Refused} upload=${upload} />`}
      ${upload.refused_by.length > 0 && html`<${Reasons} title=${t('file.refused-by')} reasons=${upload.refused_by} />`}
      ${upload.notices.length > 0 && html`<${Reasons} title=${t('file.notices')} reasons=${upload.notices} />`}
      <${Facts} upload=${upload} />
    <//>`;
}

const FAILED = ['refused', 'discarded'];

/** The way of a file in four steps. Nothing moves while nobody knows whether it does. */
function Steps({ upload, isSeen }) {
  const order = ['arrived', 'checking', upload.kind === 'inquiries' ? 'asking' : 'loading', 'done'];
  const at = { checking: 1, held: 2, waiting: 2, loading: 2 }[upload.state] ?? (FAILED.includes(upload.state) ? 1 : 4);
  const bad = FAILED.includes(upload.state);
  return html`
    <div class="card stack">
      <ol class="steps" aria-label=${t('file.steps')}>
        ${order.map((step, place) => {
          const state = bad && place === at ? 'bad' : place < at ? 'done' : place === at ? 'now' : 'later';
          return html`<li key=${step} class=${`step-${state}`} aria-current=${state === 'now' ? 'step' : null}>
            <span class="step-mark" aria-hidden="true">${state === 'done' ? '✓' : state === 'bad' ? '!' : place + 1}</span><span>${t(`file.step.${step}`)}</span>
          </li>`;
        })}
      </ol>
      ${isSeen && isUnderWay(upload) && html`<${Progress} label=${said(upload.state_text)} share=${shareDone(upload)} />`}
      ${upload.state === 'waiting' && html`<p class="help">${t('file.waiting')}</p>`}
    </div>`;
}

const Refusal = ({ upload }) => html`
  <${Notice} kind="error" title=${t('file.refused-whole')}>
    ${said(upload.refusal)}
    <${Break} /><span class="help">${t(`file.nothing-of.${upload.kind}`)}</span>
  <//>`;

/** What a held file would do, by the code of its reason: what is said, and the two parts of a whole. */
const HELD = {
  TOO_MANY_REMOVED: { what: 'held.what', label: 'held.label', part: ['removals', 'held.removals'], rest: ['register', 'held.staying'], text: 'held.confirm-text' },
  TOO_MANY_UNPROTECTED: { what: 'held.protections-what', label: 'held.protections-label', part: ['protections_lifted', 'held.lifted'], rest: ['protected', 'held.protected'], text: 'held.confirm-protections-text' },
};

/** A file that would remove so many, or lift the protection of so many, that somebody must say so. */
function Held({ upload, onDecided, onStale }) {
  const [asked, setAsked] = useState(null);
  const { busy, problem, change } = useChange(onDecided, onStale, (data) => said(data.state_text));
  // What somebody else was first with is said even where nothing is left to decide.
  if (!upload.held || upload.state !== 'held') return html`<${ProblemNotice} problem=${problem} />`;
  const { codes, removals, register, protections_lifted: lifted = 0, protected: of, protections_lifted_before: before } = upload.held;
  const numbers = { removals: number(removals), register: number(register), share: percent(removals, register), lifted: number(lifted), protected: number(of) };
  const reasons = codes.map((code) => HELD[code]);
  const unprotects = codes.includes('TOO_MANY_UNPROTECTED');
  const confirm = t(!unprotects ? 'held.confirm' : codes.length > 1 ? 'held.confirm-both' : 'held.confirm-protections', numbers);
  const decide = async (what) => {
    await change('POST', `/uploads/${upload.id}/${what}`);
    setAsked(null);
  };
  return html`
    <section class="card stack" aria-labelledby="held-title">
      <h2 id="held-title">${t('held.title')}</h2>
      ${reasons.map(({ what, label, part: [part, partName], rest: [whole, restName] }) => html`
        <${Notice} key=${what} kind="warning">${t(what, numbers)}<//>
        <${Parts} key=${label} label=${t(label)} whole=${upload.held[whole]} parts=${[
          { key: 'removed', name: t(partName), value: upload.held[part] ?? 0 },
          { key: 'unchanged', name: t(restName), value: Math.max(upload.held[whole] - (upload.held[part] ?? 0), 0) },
        ]} />`)}
      ${unprotects && before && html`<p>${t('held.lifted-before', { count: number(before) })}</p>`}
      <${ProblemNotice} problem=${problem} />
      ${may('register') && html`
        <div class="row">
          <button class="button button-primary" type="button" onClick=${() => setAsked('discard')}>${t('held.discard')}</button>
          <button class="button button-danger" type="button" onClick=${() => setAsked('confirm')}>${confirm}</button>
        </div>`}
      ${asked === 'confirm' && html`<${Ask} title=${t('held.confirm-title')} yes=${confirm} kind="danger" busy=${busy} onYes=${() => decide('confirm')} onNo=${() => setAsked(null)}>
        ${reasons.map(({ text }) => html`<p key=${text}>${t(text, numbers)}</p>`)}
      <//>`}
      ${asked === 'discard' && html`<${Ask} title=${t('held.discard-title')} yes=${t('held.discard')} busy=${busy} onYes=${() => decide('discard')} onNo=${() => setAsked(null)}>
        <p>${t(unprotects ? 'held.discard-protections-text' : 'held.discard-text')}</p>
      <//>`}
    </section>`;
}

const FEW = 5;

function Reasons({ title, reasons }) {
  const [all, setAll] = useState(reasons.length <= FEW + 1);
  return html`
  <section class="stack">
    <h2>${title}</h2>
    <div class="table-box" tabindex="0" role="group" aria-label=${title}><table class="reasons">
      <thead><tr><th scope="col">${t('reason.what')}</th><th scope="col">${t('reason.code')}</th><th scope="col" class="number">${t('reason.rows')}</th></tr></thead>
      <tbody>${(all ? reasons : reasons.slice(0, FEW)).map((reason) => html`
        <tr key=${reason.code}><td class="wrap">${said(reason)}</td><td><code>${reason.code}</code></td><td class="number">${number(reason.rows)}</td></tr>`)}</tbody>
    </table></div>
    ${!all && html`<p><button class="button" type="button" onClick=${() => setAll(true)}>${t('reason.all', { count: number(reasons.length) })}</button></p>`}
  </section>`;
}

const Facts = ({ upload }) => html`
  <section class="card">
    <h2>${t('file.facts')}</h2>
    <dl class="facts">
      <dt>${t('file.size')}</dt><dd>${size(upload.size)}${upload.encoding && html` ・ ${upload.encoding.toUpperCase()}`}</dd>
      ${upload.protections_lifted !== undefined && html`<dt>${t('file.protections-lifted')}</dt><dd>${t('file.people', { count: number(upload.protections_lifted) })}</dd>`}
      <dt>${t('file.dropped-at')}</dt><dd>${moment(upload.dropped_at)}</dd>
      <dt>${t('file.moved-at')}</dt><dd>${moment(upload.moved_at)}</dd>
      ${upload.generation && html`<dt>${t('file.generation')}</dt><dd>${number(upload.generation)}</dd>`}
      ${upload.sha256 && html`<dt>${'SHA-256'}</dt><dd><code>${upload.sha256}</code></dd>`}
      <dt>${t('file.receipt')}</dt><dd>${upload.links.receipt ? html`<${Receipt} id=${upload.id} />` : t('file.receipt-later')}</dd>
    </dl>
  </section>`;

function Receipt({ id }) {
  const { busy, problem, saving } = useSaving();
  const fetch = () => saving(() => freshLink(id, 'receipt'), 'receipt.json', 'application/json');
  return html`<button class="button button-small" type="button" disabled=${busy} onClick=${fetch}>${'receipt.json'}</button><${ProblemNotice} problem=${problem} />`;
}
