// How files are taken and how exports are made.

import { html, useState, Notice, TextField, ProblemNotice, asProblem, announce } from '../ui.js';
import { t, said } from '../words.js';
import { may } from '../api.js';

/** Limits that keep a wrong file from harming the register; to move one takes the role to approve as well. */
const GUARDS = ['max_refused_percent', 'max_removed_percent'];
const CHOICES = { export_scope: { text: 'scope', values: ['full', 'changed'] }, export_encoding: { text: 'encoding', values: ['utf-8-bom', 'utf-8', 'cp932'] } };

export default function General({ settings, onSave }) {
  const [wanted, setWanted] = useState({});
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState(null);
  const valueOf = (name) => wanted[name] ?? settings[name];
  const set = (name, value) => {
    setSaved(false);
    setWanted({ ...wanted, [name]: value });
  };
  const changed = Object.entries(wanted).filter(([name, value]) => String(value) !== String(settings[name]));
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await onSave(Object.fromEntries(changed.map(([name, value]) => [name, GUARDS.includes(name) ? Number(value) : value])));
      setWanted({});
      setSaved(true);
      announce(t('settings.saved'));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return html`
    <form class="stack" onSubmit=${save}>
      <section class="card stack" aria-labelledby="guards-title">
        <h2 id="guards-title">${t('settings.guards')}</h2>
        ${!may('approve') && html`<${Notice} kind="info">${t('settings.guards-approve')}<//>`}
        ${GUARDS.map((name) => html`<${TextField} key=${name} id=${name} label=${t(`settings.${name}`)} help=${t(`settings.${name}-help`)} class="input input-short" type="number" min="0" max="100" step="1" disabled=${!may('approve')}
          value=${String(valueOf(name))} onValue=${(value) => set(name, value)} error=${problem?.field === name && said(problem.detail ?? problem.words)} />`)}
      </section>
      <section class="card stack" aria-labelledby="exports-title">
        <h2 id="exports-title">${t('settings.exports')}</h2>
        <p>${t('settings.exports-more')}</p>
        ${Object.entries(CHOICES).map(([name, { text, values }]) => html`
          <fieldset key=${name} class="field"><legend>${t(`exports.${text}`)}</legend><div class="choice">
            ${values.map((it) => html`<label key=${it}><input type="radio" name=${name} checked=${valueOf(name) === it} onChange=${() => set(name, it)} />${t(`${text}.${it}`)}</label>`)}
          </div></fieldset>`)}
      </section>
      ${!GUARDS.includes(problem?.field) && html`<${ProblemNotice} problem=${problem} />`}
      ${saved && !changed.length && html`<${Notice} kind="good">${t('settings.saved')}<//>`}
      <div class="row"><button class="button button-primary" type="submit" disabled=${busy || !changed.length}>${t('settings.save')}</button>${changed.length > 0 && html`<span class="help">${t('mapping.unsaved')}</span>`}</div>
    </form>`;
}
