// One recorded basis: approve it as a second person, ask on it once, withdraw it.

import { html, useState, useRef, useLayoutEffect, Page, Badge, Notice, Waiting, ProblemNotice, Ask, asProblem, announce, save } from '../ui.js';
import { useLoaded } from '../loading.js';
import { t, said, number, date, moment, programmes } from '../words.js';
import { call, may, onEnd } from '../api.js';
import { to } from '../router.js';
import { newId, STATES } from '../bases.js';
import { fold } from '../coupon.js';
import { harmless, write } from '../csv.js';
import { makerOf } from '../vaccines.js';
import { useChange } from './change.js';
import { Person } from './new-basis.js';

/** Ids of inquiries begun here, by basis: an ask whose answer was lost is repeated under the same. In memory only. */
const begun = new Map();
onEnd(() => begun.clear());

/** Whoever asked is given the same answer again as long as the basis holds. */
const isKept = (basis) => basis.state === 'answered' && Boolean(basis.inquiry) && Date.parse(basis.expires_at) > Date.now();

export default function Basis({ id }) {
  const { data: basis, problem, set, reload } = useLoaded(async (signal) => (await call('GET', `/consents/${encodeURIComponent(id)}`, undefined, { signal })).data, [id]);
  const back = { href: to('inquiries'), text: t('inquiries.title') };
  return html`
    <${Page} title=${t('basis.title')} back=${back} lead=${basis && html`<${Badge} kind=${STATES[basis.state]}>${t(`basis-state.${basis.state}`)}<//> <span>${t(`basis-state.${basis.state}-more`)}</span>`}>
      <${ProblemNotice} problem=${problem} />
      ${!basis && !problem && html`<${Waiting} />`}
      ${basis && html`
        <section class="card" aria-labelledby="basis-facts"><h2 id="basis-facts">${t('basis.facts')}</h2>
          <dl class="facts">
            <dt>${t('basis.basis')}</dt><dd>${t(`basis.${basis.basis}`)}</dd>
            <dt>${t('basis.purpose')}</dt><dd>${t(`purpose.${basis.purpose}`)} ・ ${programmes(basis.programmes)}</dd>
            <dt>${t('basis.evidence_number')}</dt><dd><bdi>${basis.evidence_number}</bdi></dd>
            ${basis.signed_on && html`<dt>${t('basis.signed_on')}</dt><dd>${date(basis.signed_on)}</dd>`}
            ${basis.scan_sha256 && html`<dt>${'SHA-256'}</dt><dd><code>${basis.scan_sha256}</code></dd>`}
            <dt>${t('basis.recorded_at')}</dt><dd>${moment(basis.recorded_at)}</dd>
            <dt>${t('basis.expires')}</dt><dd>${moment(basis.expires_at)}</dd>
          </dl>
        </section>
        <${Acts} basis=${basis} onChanged=${set} onStale=${reload} />
        ${may('inquire') && (['granted', 'claimed'].includes(basis.state) || begun.has(basis.id) || isKept(basis)) && html`<${Inquire} basis=${basis} onAnswered=${reload} />`}`}
    <//>`;
}

/** What may be done to it beside asking. */
function Acts({ basis, onChanged, onStale }) {
  const [asked, setAsked] = useState(null);
  const { busy, problem, change } = useChange(onChanged, onStale);
  const act = async () => {
    await change('POST', `/consents/${basis.id}/${asked}`);
    setAsked(null);
  };
  const approves = basis.state === 'draft' && may('approve');
  const revokes = ['draft', 'granted', 'claimed'].includes(basis.state) && may('inquire');
  // What somebody else was first with is said even where nothing is left to do.
  if (!approves && !revokes) return html`<${ProblemNotice} problem=${problem} />`;
  return html`
    <div class="row">
      ${approves && html`<button class="button button-primary" type="button" onClick=${() => setAsked('approve')}>${t('basis.approve')}</button>`}
      ${revokes && html`<button class="button button-danger" type="button" onClick=${() => setAsked('revoke')}>${t('basis.revoke')}</button>`}
    </div>
    <${ProblemNotice} problem=${problem} />
    ${asked && html`<${Ask} title=${t(`basis.${asked}-title`)} yes=${t(`basis.${asked}`)} kind=${asked === 'revoke' ? 'danger' : 'primary'} busy=${busy} onYes=${act} onNo=${() => setAsked(null)}><p>${t(`basis.${asked}-more`)}</p><//>`}`;
}

/** Now, unless this clock cannot be right: then when the basis was recorded, by the service's. */
function timeFor(basis) {
  const [now, from, to] = [Date.now(), Date.parse(basis.recorded_at), Date.parse(basis.expires_at)];
  return now >= from && now <= to ? now : from;
}

function Inquire({ basis, onAnswered }) {
  const [fields, setFields] = useState({ my_number: '', birth_date: '' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const [answer, setAnswer] = useState(null);
  const set = (name) => (value) => setFields({ ...fields, [name]: value });
  const wrong = (name) => problem?.field === name && said(problem.detail ?? problem.words);
  const ask = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    if (!begun.has(basis.id)) begun.set(basis.id, basis.inquiry ?? newId(timeFor(basis)));
    try {
      const { data } = await call('POST', '/inquiries', { consent: basis.id, inquiry: begun.get(basis.id), my_number: fold(fields.my_number), birth_date: fields.birth_date.trim() });
      setAnswer(data);
      setFields({ my_number: '', birth_date: '' });
      announce(t('inquiry.answered', { count: data.doses.length }));
      onAnswered();
    } catch (error) {
      // Begun elsewhere meanwhile, it goes on under the id that it has there, and under no other.
      if (error.told?.inquiry) begun.set(basis.id, error.told.inquiry);
      // This clock is wrong by more than is allowed: the next try goes by the service's own.
      else if (error.told?.field === 'inquiry') begun.set(basis.id, newId(Date.parse(basis.recorded_at)));
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  const isAgain = isKept(basis);
  if (answer) return html`<${Answer} answer=${answer} basis=${basis} />`;
  return html`
    <form class="card stack" onSubmit=${ask} aria-labelledby="ask-heading">
      <h2 id="ask-heading">${t(isAgain ? 'inquiry.again' : 'inquiry.title')}</h2>
      <p>${t(isAgain ? 'inquiry.again-lead' : 'inquiry.lead')}</p>
      <${Person} fields=${fields} set=${set} wrong=${wrong} />
      ${!['my_number', 'birth_date'].includes(problem?.field) && html`<${ProblemNotice} problem=${problem} />`}
      <div><button class="button button-primary" type="submit" disabled=${busy}>${t(isAgain ? 'inquiry.show' : 'inquiry.ask')}</button></div>
    </form>`;
}

const COLUMNS = ['checks.dose', 'dose.given_on', 'dose.product', 'dose.lot', 'inquiry.holder'];

/** The answer as a table to be saved, in the words of the page. */
const SAVED = ['basis.programmes', 'entries.number', 'dose.given_on', 'dose.product', 'dose.lot', 'inquiry.holder', 'inquiry.holder-code'];
const answerAsCsv = (doses) => write([SAVED.map((key) => t(key)), ...doses.map((it) => [programmes([it.programme]), it.number, it.given_on, makerOf(it.product), it.lot, it.holder_name, it.holder])].map((row) => row.map((cell) => harmless(String(cell)))));

function Answer({ answer, basis }) {
  const heading = useRef();
  useLayoutEffect(() => heading.current.focus(), []);
  return html`
    <section class="stack" aria-labelledby="answer-title">
      <h2 id="answer-title" tabindex="-1" ref=${heading}>${t('inquiry.answered', { count: number(answer.doses.length) })}</h2>
      ${!answer.doses.length ? html`<p class="card empty">${t('inquiry.nothing')}</p>` : html`
        <${Notice} kind="info">${t('inquiry.not-kept')}<//>
        <div class="row"><button class="button" type="button" onClick=${() => save(answerAsCsv(answer.doses), `answer_${basis.evidence_number.replace(/[^\w.-]/g, '_')}.csv`)}>${t('answers.save')}</button></div>
        <div class="table-box" tabindex="0" role="group" aria-labelledby="answer-title"><table>
          <thead><tr>${COLUMNS.map((key) => html`<th key=${key} scope="col">${t(key)}</th>`)}</tr></thead>
          <tbody>${answer.doses.map((it) => html`<tr key=${`${it.holder}-${it.programme}-${it.number}-${it.given_on}-${it.product}-${it.lot}`}><th scope="row" class="nowrap">${t('doses.number', { number: it.number })}<span class="sub">${programmes([it.programme])}</span></th><td>${date(it.given_on)}</td><td class="wrap"><bdi>${makerOf(it.product)}</bdi></td><td class="wrap"><bdi>${it.lot}</bdi></td><td class="wrap">${it.holder_name} <span class="mono">${it.holder}</span></td></tr>`)}</tbody>
        </table></div>`}
    </section>`;
}
