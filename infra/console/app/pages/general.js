// How files are taken, how exports are made, and what others may be told.

import { html, Notice, ProblemNotice } from '../ui.js';
import { TextField, DraftFoot, useDraft } from '../form.js';
import { t, said, number } from '../words.js';
import { may } from '../api.js';

/** What keeps a wrong file from harming the register, and people from being asked about; to move it takes the role to approve as well. */
const LIMITS = { max_refused_percent: 100, max_removed_percent: 100, inquiries_per_day: 1_000_000 };
const FILE_LIMITS = ['max_refused_percent', 'max_removed_percent'];

export default function General({ settings, onSave }) {
  const draft = useDraft(onSave);
  const { wanted, problem, change: set } = draft;
  const valueOf = (name) => wanted[name] ?? settings[name];
  const changed = Object.entries(wanted).filter(([name, value]) => String(value) !== String(settings[name] ?? ''));
  const save = (event) => {
    event.preventDefault();
    if (!changed.length) return undefined;
    return draft.save(Object.fromEntries(changed.map(([name, value]) => [name, name in LIMITS ? Number(value) : value])));
  };
  const most = (name) => (name === 'inquiries_per_day' && settings.inquiries_at_most !== null ? settings.inquiries_at_most : LIMITS[name]);
  const help = (name) => t(`settings.${name}-help`) + (most(name) < LIMITS[name] ? t('settings.inquiries_at_most', { most: number(most(name)) }) : '');
  const limit = (name) => html`
    <${TextField} id=${name} label=${t(`settings.${name}`)} help=${help(name)} class="input input-short" type="number" min="0" max=${most(name)} step="1"
      disabled=${!may('approve')} optional=${settings[name] === null} value=${String(valueOf(name) ?? '')} onValue=${(value) => set(name, value)} error=${problem?.field === name && said(problem.detail ?? problem.words)} />`;
  const choice = (name, legend, values, textOf, disabled) => html`
    <fieldset class="field" disabled=${disabled}><legend>${legend}</legend><div class="choice">
      ${values.map((it) => html`<label key=${it}><input type="radio" name=${name} checked=${valueOf(name) === it} onChange=${() => set(name, it)} />${t(textOf(it))}</label>`)}
    </div></fieldset>`;
  return html`
    <form class="stack" onSubmit=${save}>
      ${!may('approve') && html`<${Notice} kind="info">${t('settings.guards-approve')}<//>`}
      <section class="card stack" aria-labelledby="guards-title">
        <h2 id="guards-title">${t('settings.guards')}</h2>
        ${FILE_LIMITS.map(limit)}
      </section>
      <section class="card stack" aria-labelledby="inquiries-title">
        <h2 id="inquiries-title">${t('settings.inquiries')}</h2>
        ${limit('inquiries_per_day')}
        ${choice('hold_protected', t('settings.hold_protected'), [true, false], (it) => `settings.hold_protected.${it}`, !may('approve'))}
        <p class="help">${t('settings.hold_protected-help')}</p>
      </section>
      <section class="card stack" aria-labelledby="exports-title">
        <h2 id="exports-title">${t('settings.exports')}</h2>
        <p>${t('settings.exports-more')}</p>
        ${choice('export_scope', t('exports.scope'), ['full', 'changed'], (it) => `scope.${it}`)}
        ${choice('export_encoding', t('exports.encoding'), ['utf-8-bom', 'utf-8', 'cp932'], (it) => `encoding.${it}`)}
      </section>
      ${!(problem?.field in LIMITS) && html`<${ProblemNotice} problem=${problem} />`}
      <${DraftFoot} draft=${draft} changes=${changed.length} />
    </form>`;
}
