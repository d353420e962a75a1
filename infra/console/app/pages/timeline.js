// The doses of one person on a time line: what stands, what stood before, what is found about them, and what may be done.

import { html, useState, Mark, Badge, Icon } from '../ui.js';
import { t, said, date, moment } from '../words.js';
import { may } from '../api.js';
import { to } from '../router.js';
import { MARKS, numbered, sayings, vaccine } from '../dose.js';
import { Cancel, Correct, Lock } from './change.js';

const DIALOGS = { correct: Correct, cancel: Cancel, lock: Lock, unlock: Lock };

export default function Doses({ person, onChanged }) {
  const [asked, setAsked] = useState(null);
  const doses = [...person.doses].sort((a, b) => (a.given_on < b.given_on ? -1 : a.given_on > b.given_on ? 1 : a.number - b.number));
  const open = person.newcomers.filter((it) => !it.settled);
  // Whoever comes again after a decision stands in its list anew; the decision stays.
  const settled = person.newcomers.flatMap((it) => [...it.earlier, it.settled].filter(Boolean).map((settled) => ({ ...it, settled })));
  const Dialog = asked && DIALOGS[asked.what];
  // As it is now, which may no longer be as it was when somebody asked.
  const dose = asked && (doses.find((it) => it.id === asked.dose.id) ?? asked.dose);
  return html`
    <section class="card stack" aria-labelledby="doses-title">
      <h2 id="doses-title">${t('timeline.title')}</h2>
      ${!doses.length && !person.newcomers.length && html`<p class="empty">${t('timeline.none')}</p>`}
      <ol class="timeline">
        ${doses.map((dose) => html`<${Dose} key=${dose.id} dose=${dose} resident=${person.resident} onAsk=${(what) => setAsked({ what, dose })} />`)}
        ${open.map((it) => html`<${Newcomer} key=${it.id} newcomer=${it} resident=${person.resident} />`)}
      </ol>
      ${settled.length > 0 && html`<details><summary>${t('timeline.settled', { count: settled.length })}</summary><ul class="history">${settled.map((it) => html`
        <li key=${it.id + it.settled.at}><strong>${t(`settled.${it.settled.how}`)}</strong> <span class="sub">${moment(it.settled.at)} ・ <bdi>${it.settled.by}</bdi>${it.settled.reason && html` ・ <bdi>${it.settled.reason}</bdi>`}</span><${Says} dose=${it} /></li>`)}</ul></details>`}
      ${asked && html`<${Dialog} dose=${dose} what=${asked.what} onStale=${onChanged} onDone=${(changed) => { setAsked(null); if (changed) onChanged(); }} />`}
    </section>`;
}

function Dose({ dose, resident, onAsk }) {
  const stands = dose.state !== 'cancelled';
  return html`
    <li class=${`mark-${dose.state}`} data-dose=${dose.number}>
      <${Mark} name="timeline-mark" />
      <div class="row">
        <h3 class="timeline-head">${numbered(dose)} ・ ${date(dose.given_on)}</h3>
        <${Badge} kind=${MARKS[dose.state]}>${t(`dose-state.${dose.state}`)}<//>
        ${dose.locked && html`<${Badge} kind="busy">${t('dose.locked')}<//>`}
        ${dose.other_number && html`<${Badge} kind="busy">${t('dose.other-number')}<//>`}
      </div>
      ${dose.findings.map((finding) => html`<p key=${finding.code} class="finding"><${Icon} name="warning" />${said(finding)}</p>`)}
      <${Says} dose=${dose} />
      <p class="sub"><${Entry} entry=${dose} /></p>
      ${stands && html`
        <div class="row timeline-acts">
          ${dose.state === 'review' && html`<a class="button button-small" href=${to('checks', 'review', resident, dose.id)}>${t('checks.open')}</a>`}
          ${may('doses') && !dose.locked && html`
            <button class="button button-small" type="button" onClick=${() => onAsk('correct')}>${t('dose.correct')}</button>
            <button class="button button-small button-danger" type="button" onClick=${() => onAsk('cancel')}>${t('dose.cancel')}</button>`}
          ${may('approve') && dose.state === 'recorded' && html`<button class="button button-small" type="button" onClick=${() => onAsk(dose.locked ? 'unlock' : 'lock')}>${t(dose.locked ? 'dose.unlock' : 'dose.lock')}</button>`}
        </div>`}
      ${dose.history.length > 0 && html`<details><summary>${t('timeline.history', { count: dose.history.length })}</summary><ol class="history">${dose.history.map((it) => html`
        <li key=${it.revision}><strong>${t('timeline.revision', { revision: it.revision })}</strong> <span class="sub"><${Entry} entry=${it} /></span><${Says} dose=${it} /></li>`)}</ol></details>`}
    </li>`;
}

const Newcomer = ({ newcomer, resident }) => html`
  <li class="mark-conflict">
    <${Mark} name="timeline-mark" />
    <div class="row"><h3 class="timeline-head">${numbered(newcomer)} ・ ${date(newcomer.given_on)}</h3><${Badge} kind="doubt">${t('list.conflict')}<//>${newcomer.other_number && html`<${Badge} kind="busy">${t('dose.other-number')}<//>`}</div>
    <${Says} dose=${newcomer} />
    <p class="sub"><${Entry} entry=${newcomer} /></p>
    <div class="row timeline-acts"><a class="button button-small" href=${to('checks', 'conflict', resident, newcomer.id)}>${t('checks.open')}</a></div>
  </li>`;

const Says = ({ dose }) => html`<p class="says"><bdi>${vaccine(dose)}</bdi>${sayings(dose).filter(([name, text]) => text && name !== 'given_on' && name !== 'product').map(([name, text]) => html` <span key=${name} class="saying"><span class="saying-name">${t(`dose.${name}`)}</span> <bdi>${text}</bdi></span>`)}</p>`;

/** Who, when and why, and out of which file. */
const Entry = ({ entry }) => html`${t(`act.${entry.act}`)} ・ ${moment(entry.at)} ・ ${entry.by ? html`<bdi>${entry.by}</bdi>` : t('dose.by-file')}${entry.source.kind === 'file' && entry.source.upload && html` ・ <a href=${to('files', entry.source.upload)}>${t('dose.of-file', { row: entry.source.row })}</a>`}${entry.reason && html` ・ ${t('reason.said')} <bdi>${entry.reason}</bdi>`}`;
