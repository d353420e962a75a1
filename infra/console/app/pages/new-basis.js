// A legal basis, recorded step by step: which, on what evidence, for whom; looked over, then recorded.

import { html, useState, useEffect, useRef, useLayoutEffect, Break, Page, Notice, ProblemNotice, asProblem, announce } from '../ui.js';
import { Field, TextField } from '../form.js';
import { t, said, size, programmes } from '../words.js';
import { call } from '../api.js';
import { go, to } from '../router.js';
import { BASES } from '../bases.js';
import { hex } from '../chain.js';
import { fold } from '../coupon.js';

const STEPS = ['basis', 'evidence', 'person', 'confirm'];
/** On which step each field of the API stands. */
const HOME = { basis: 0, purpose: 0, programmes: 0, evidence_number: 1, signed_on: 1, scan_sha256: 1, my_number: 2, birth_date: 2 };

export default function NewBasis() {
  const [step, setStep] = useState(0);
  const [basis, setBasis] = useState(BASES[0]);
  const [fields, setFields] = useState({ purpose: 'VACCINATION', programmes: 'COVID19', evidence_number: '', signed_on: '', my_number: '', birth_date: '' });
  const [scan, setScan] = useState(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const heading = useRef();
  const first = useRef(true);
  // Before anything is painted, lest what is typed next goes to where the focus was.
  useLayoutEffect(() => {
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [step]);
  const set = (name) => (value) => setFields((before) => ({ ...before, [name]: value }));
  const wrong = (name) => problem?.field === name && said(problem.detail ?? problem.words);
  const forward = async (event) => {
    event.preventDefault();
    if (step < STEPS.length - 1) {
      setStep(step + 1);
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const { signed_on, ...rest } = fields;
      const body = { basis: basis.code, ...rest, my_number: fold(fields.my_number), ...(signed_on && { signed_on }), ...(basis.scan && { scan_sha256: scan.sha256 }) };
      const { data } = await call('POST', '/consents', body);
      announce(t('basis.recorded'));
      go('inquiries', 'basis', data.id);
    } catch (error) {
      const found = asProblem(error);
      setProblem(found);
      setBusy(false);
      if (found.field in HOME) setStep(HOME[found.field]);
      else if (found.code === 'EVIDENCE_USED') setStep(1);
    }
  };
  const name = STEPS[step];
  return html`
    <${Page} title=${t('basis.new')} lead=${t('basis.new-lead')} back=${{ href: to('inquiries'), text: t('inquiries.title') }}>
      <form class="card stack" onSubmit=${forward}>
        <ol class="steps" aria-label=${t('file.steps')}>${STEPS.map((it, at) => html`
          <li key=${it} class=${at < step ? 'step-done' : at === step ? 'step-now' : 'step-later'} aria-current=${at === step ? 'step' : null}><span class="step-mark" aria-hidden="true">${at < step ? '✓' : at + 1}</span><span>${t(`basis.step.${it}`)}</span></li>`)}</ol>
        <h2 tabindex="-1" ref=${heading}>${t(`basis.step.${name}`)}</h2>
        ${problem && !(problem.field in HOME) && html`<${ProblemNotice} problem=${problem} />`}
        ${name === 'basis' && html`
          <fieldset class="options"><legend class="visually-hidden">${t('basis.basis')}</legend>
            ${BASES.map((it) => html`<label key=${it.code} class="option"><input type="radio" name="basis" checked=${it === basis} onChange=${() => { setBasis(it); if (!it.purposes.includes(fields.purpose)) set('purpose')(it.purposes[0]); }} /><span><strong>${t(`basis.${it.code}`)}</strong><span class="sub">${t(`basis.${it.code}-more`)}</span></span></label>`)}
          </fieldset>
          <fieldset class="field"><legend>${t('basis.purpose')}</legend><div class="choice">
            ${basis.purposes.map((it) => html`<label key=${it}><input type="radio" name="purpose" checked=${fields.purpose === it} onChange=${() => set('purpose')(it)} />${t(`purpose.${it}`)}</label>`)}
          </div></fieldset>
          <${TextField} id="programmes" label=${t('basis.programmes')} help=${t('basis.programmes-help')} maxlength="200" value=${fields.programmes} onValue=${set('programmes')} error=${wrong('programmes')} />`}
        ${name === 'evidence' && html`
          <${TextField} id="evidence" label=${t('basis.evidence_number')} help=${t('basis.evidence_number-help')} maxlength="40" value=${fields.evidence_number} onValue=${set('evidence_number')} error=${wrong('evidence_number')} />
          <${TextField} id="signed-on" label=${t('basis.signed_on')} help=${t(basis.scan ? 'basis.signed_on-help' : 'basis.decided_on-help')} optional=${!basis.scan} maxlength="30" value=${fields.signed_on} onValue=${set('signed_on')} error=${wrong('signed_on')} />
          ${basis.scan && html`<${Scan} scan=${scan} onScan=${setScan} error=${wrong('scan_sha256')} />`}
          ${basis.second && html`<${Notice} kind="info">${t('basis.second')}<//>`}`}
        ${name === 'person' && html`<${Person} fields=${fields} set=${set} wrong=${wrong} />`}
        ${name === 'confirm' && html`
          <dl class="facts">
            <dt>${t('basis.basis')}</dt><dd>${t(`basis.${basis.code}`)} ・ ${t(`purpose.${fields.purpose}`)} ・ ${programmes(fields.programmes.split(' '))}</dd>
            <dt>${t('basis.evidence_number')}</dt><dd><bdi>${fields.evidence_number}</bdi></dd>
            ${fields.signed_on && html`<dt>${t('basis.signed_on')}</dt><dd>${fields.signed_on}</dd>`}
            ${basis.scan && html`<dt>${t('basis.scan')}</dt><dd><bdi>${scan.name}</bdi><${Break} /><code>${scan.sha256}</code></dd>`}
            <dt>${t('resident.my-number')}</dt><dd class="mono">${fold(fields.my_number)}</dd>
            <dt>${t('residents.birth_date')}</dt><dd>${fields.birth_date}</dd>
          </dl>
          <${Notice} kind="info">${t('basis.not-kept')}<//>`}
        <div class="row">
          ${step > 0 && html`<button class="button" type="button" onClick=${() => setStep(step - 1)}>${t('basis.back')}</button>`}
          <button class="button button-primary" type="submit" disabled=${busy || (name === 'evidence' && basis.scan && !scan)}>${t(name === 'confirm' ? 'basis.record' : 'basis.next')}</button>
        </div>
      </form>
    <//>`;
}

/** Whom it is about: said when the basis is recorded, and again when one asks on it. */
export const Person = ({ fields, set, wrong }) => html`
  <div class="fields">
    <${TextField} id="my-number" label=${t('resident.my-number')} help=${t('basis.my-number-help')} inputmode="numeric" maxlength="20" value=${fields.my_number} onValue=${set('my_number')} error=${wrong('my_number')} />
    <${TextField} id="birth-date" label=${t('residents.birth_date')} help=${t('residents.birth_date-help')} maxlength="30" value=${fields.birth_date} onValue=${set('birth_date')} error=${wrong('birth_date')} />
  </div>`;

/** The scan of the form: read here, never sent. Of several that were chosen, the last one counts, whichever is read first. */
function Scan({ scan, onScan, error }) {
  const turn = useRef(0);
  const [isUnreadable, setUnreadable] = useState(false);
  useEffect(() => () => { turn.current += 1; }, []);
  const take = async (event) => {
    const [file] = event.target.files;
    turn.current += 1;
    const mine = turn.current;
    onScan(null);
    setUnreadable(false);
    if (!file) return;
    try {
      const sha256 = hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
      if (mine === turn.current) onScan({ name: file.name, size: file.size, sha256 });
    } catch {
      if (mine === turn.current) setUnreadable(true);
    }
  };
  const wrong = isUnreadable ? t('basis.scan-unreadable') : error;
  return html`
    <${Field} id="scan" label=${t('basis.scan')} help=${t('basis.scan-help')} error=${wrong}>
      <input class="input" id="scan" type="file" accept="application/pdf,image/*" aria-describedby=${wrong ? 'scan-help scan-error' : 'scan-help'} aria-invalid=${wrong ? 'true' : null} onChange=${take} />
      ${scan && html`<p class="scan-hash"><bdi>${scan.name}</bdi> ・ ${size(scan.size)}<${Break} /><span class="sub">${'SHA-256'}</span><code>${scan.sha256}</code></p>`}
    <//>`;
}
