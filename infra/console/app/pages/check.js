// One dose to decide about, side by side with what it stands against.

import { html, useState, Page, Badge, Notice, Waiting, ProblemNotice } from '../ui.js';
import { TextField } from '../form.js';
import { useLoaded } from '../loading.js';
import { t, said, age, date, moment } from '../words.js';
import { call, may } from '../api.js';
import { go, to } from '../router.js';
import { ifMatch, MARKS, numbered, REASON_LIMIT, sayings } from '../dose.js';
import { useChange } from './change.js';

async function look(resident, id, signal) {
  const [person, doses] = await Promise.all([
    call('GET', `/residents/${encodeURIComponent(resident)}`, undefined, { signal }).then((it) => it.data),
    call('GET', `/residents/${encodeURIComponent(resident)}/doses`, undefined, { signal }).then((it) => it.data),
  ]);
  const subject = [...doses.doses, ...doses.newcomers].find((it) => it.id === id);
  return { person, doses, subject };
}

export default function Check({ list, resident, id }) {
  const { data, problem, reload } = useLoaded((signal) => look(resident, id, signal), [resident, id]);
  const way = useChange(() => go('checks', list), reload);
  const Form = data?.subject && formOf(list, data.subject);
  const back = { href: to('checks', list), text: t(`list.${list}`) };
  return html`
    <${Page} title=${t(`check.${list}`)} back=${back}>
      <${ProblemNotice} problem=${problem} />
      ${!Form && html`<${ProblemNotice} problem=${way.problem} />`}
      ${!data && !problem && html`<${Waiting} />`}
      ${data && !data.subject && html`<${Notice} kind="error" role="alert">${t('not-found.title')}<//>`}
      ${data?.subject && html`<${Matter} list=${list} resident=${resident} ...${data} Form=${Form} way=${way} />`}
    <//>`;
}

function Matter({ list, resident, person, doses, subject, Form, way }) {
  // What it is about is shown though somebody has cancelled it meanwhile.
  const standing = doses.doses.filter((it) => it === subject || (it.state !== 'cancelled' && it.programme === subject.programme));
  const holder = list === 'conflict' ? standing.find((it) => it.number === subject.number) : null;
  const columns = list === 'conflict'
    ? [...(holder ? [{ title: t('check.there'), dose: holder }] : []), { title: t('check.newcomer'), dose: subject, marked: true }]
    : standing.map((dose) => ({ title: dose === subject ? t('check.this') : t('check.other'), dose, marked: dose === subject }));
  return html`
    <section class="card row">
      <div class="grow">
        <strong><bdi>${person.name}</bdi></strong> <bdi class="sub">${person.kana}</bdi>
        <span class="sub">${date(person.birth_date)} ・ ${t('resident.age', { age: age(person.birth_date) })} ・ ${t(`sex.${person.sex}`)}</span>
        ${person.removed && html`<${Badge}>${t('resident.removed')}<//>`}
      </div>
      <a class="button button-small" href=${to('residents', resident)}>${t('check.person')}</a>
    </section>
    ${subject.findings.length > 0 && html`<${Notice} kind="warning" title=${t('check.findings')}>${subject.findings.map((finding) => html`<div key=${finding.code}>${said(finding)}</div>`)}<//>`}
    <${Beside} columns=${columns} differ=${Boolean(holder)} />
    ${Form ? html`<${Form} list=${list} subject=${subject} holder=${holder} way=${way} />`
      : subject.locked ? html`<${Notice} kind="info">${t('check.locked')}<//>`
        : isSettled(list, subject) ? html`<${Notice} kind="info">${t('check.settled')}<//>` : html`<p class="help">${t('check.not-yours')}</p>`}`;
}

/** What may be decided; nothing where somebody has decided it, or others may. */
function formOf(list, subject) {
  if (subject.locked) return may('approve') ? Unlock : null;
  return !isSettled(list, subject) && may('doses') ? Decide : null;
}

/** What is no longer locked has nothing left to be unlocked. */
const isSettled = (list, subject) => (list === 'conflict' ? subject.settled : list === 'locked' || subject.state !== 'review');

/** Doses in columns, what differs marked. */
function Beside({ columns, differ }) {
  const lines = columns.map((it) => new Map([...sayings(it.dose), ['entered', `${moment(it.dose.recorded_at ?? it.dose.at)} ${it.dose.by ?? t('dose.by-file')}`]]));
  const names = [...lines[0].keys()];
  return html`
    <div class="table-box" tabindex="0" role="group" aria-label=${t('check.beside')}><table class="beside">
      <thead><tr><td>${''}</td>${columns.map((it) => html`<th key=${it.dose.id} scope="col" class=${it.marked ? 'marked' : ''}><span class="beside-title">${it.title}</span> ${numbered(it.dose)} ${it.dose.state && html`<${Badge} kind=${MARKS[it.dose.state]}>${t(`dose-state.${it.dose.state}`)}<//>`}</th>`)}</tr></thead>
      <tbody>${names.map((name) => html`
        <tr key=${name}>
          <th scope="row">${t(`dose.${name}`)}</th>
          ${columns.map((it, at) => {
            const differs = differ && name !== 'entered' && lines[at].get(name) !== lines[1 - at]?.get(name);
            return html`<td key=${it.dose.id} class=${`wrap ${it.marked ? 'marked' : ''} ${differs ? 'differs' : ''}`}><bdi>${lines[at].get(name) || '—'}</bdi>${differs && html`<span class="sub">${t('check.differs')}</span>`}</td>`;
          })}
        </tr>`)}</tbody>
    </table></div>`;
}

const DECISIONS = { review: ['accept', 'cancel'], conflict: ['keep', 'replace', 'renumber'] };

function Decide({ list, subject, holder, way: { busy, problem, change } }) {
  const [decision, setDecision] = useState('');
  const [fields, setFields] = useState({ reason: '', number: '', holder_number: '' });
  const set = (name) => (value) => setFields({ ...fields, [name]: value });
  const wrong = (name) => problem?.field === name && said(problem.detail ?? problem.words);
  const decide = (event) => {
    event.preventDefault();
    const { reason, number, holder_number: away } = fields;
    const body = { decision, reason: reason.trim(), ...(decision === 'renumber' && { number: number.trim(), ...(away.trim() && { holder_number: away.trim() }) }) };
    const seen = list === 'conflict' ? holder?.revision : subject.revision;
    change('POST', `/doses/${subject.id}/resolve`, body, seen ? ifMatch(seen) : {});
  };
  return html`
    <form class="card stack" onSubmit=${decide}>
      <fieldset class="options"><legend>${t('check.decide')}</legend>
        ${DECISIONS[list].map((it) => html`<label key=${it} class="option"><input type="radio" name="decision" required checked=${it === decision} onChange=${() => setDecision(it)} /><span><strong>${t(`decision.${it}`)}</strong><span class="sub">${t(`decision.${it}-more`)}</span></span></label>`)}
      </fieldset>
      ${decision === 'renumber' && html`
        <div class="fields">
          <${TextField} id="renumber" label=${t('check.number')} inputmode="numeric" maxlength="2" value=${fields.number} onValue=${set('number')} error=${wrong('number')} />
          <${TextField} id="renumber-holder" label=${t('check.holder-number')} optional inputmode="numeric" maxlength="2" value=${fields.holder_number} onValue=${set('holder_number')} error=${wrong('holder_number')} />
        </div>`}
      <${TextField} id="reason" label=${t('reason.label')} help=${t('reason.help')} maxlength=${REASON_LIMIT} value=${fields.reason} onValue=${set('reason')} error=${wrong('reason')} />
      ${!['number', 'holder_number', 'reason'].includes(problem?.field) && html`<${ProblemNotice} problem=${problem} />`}
      <div><button class="button button-primary" type="submit" disabled=${busy}>${t('check.do')}</button></div>
    </form>`;
}

function Unlock({ subject, way: { busy, problem, change } }) {
  const [reason, setReason] = useState('');
  const unlock = (event) => {
    event.preventDefault();
    change('POST', `/doses/${subject.id}/unlock`, { reason: reason.trim() });
  };
  return html`
    <form class="card stack" onSubmit=${unlock}>
      <p>${t('check.locked')}</p>
      <${TextField} id="reason" label=${t('reason.label')} help=${t('reason.help')} maxlength=${REASON_LIMIT} value=${reason} onValue=${setReason} />
      <${ProblemNotice} problem=${problem} />
      <div><button class="button button-primary" type="submit" disabled=${busy}>${t('dose.unlock')}</button></div>
    </form>`;
}
