// The pieces that forms are made of.

import { html, useState, Notice, asProblem, announce } from './ui.js';
import { t } from './words.js';

/** A field. What is wrong with it is read out when it is said: the focus stays where it is, and no page says it once more. */
export const Field = ({ id, label, help, error, optional, children }) => html`
  <div class=${`field ${error ? 'field-wrong' : ''}`}>
    <label for=${id}>${label}${optional && html` <span class="optional">${t('optional')}</span>`}</label>
    ${help && html`<p class="help" id=${`${id}-help`}>${help}</p>`}
    ${children}
    ${error && html`<p class="field-error" role="alert" id=${`${id}-error`}>${error}</p>`}
  </div>`;

/** A field of one line, said to be wrong where it is. */
export const TextField = ({ id, label, help, error, optional, value, onValue, ...attributes }) => html`
  <${Field} id=${id} label=${label} help=${help} error=${error} optional=${optional}>
    <input class="input" id=${id} autocomplete="off" spellcheck=${false} required=${!optional} value=${value}
      aria-describedby=${[help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ') || null} aria-invalid=${error ? 'true' : null}
      onInput=${(event) => onValue(event.target.value)} ...${attributes} />
  <//>`;

/** What a form would change. Nothing is sent before all of it is saved; then the draft is empty again. */
export function useDraft(onSave) {
  const [wanted, setWanted] = useState({});
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState(null);
  const change = (name, value) => {
    setSaved(false);
    setWanted({ ...wanted, [name]: value });
  };
  const save = async (what) => {
    setBusy(true);
    setProblem(null);
    try {
      await onSave(what);
      setWanted({});
      setSaved(true);
      announce(t('settings.saved'));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return { wanted, change, save, busy, saved, problem };
}

/** The foot of a form with a draft: whether it was saved, or what is to be. */
export const DraftFoot = ({ draft: { busy, saved }, changes }) => html`
  ${saved && !changes && html`<${Notice} kind="good">${t('settings.saved')}<//>`}
  <div class="row"><button class="button button-primary" type="submit" disabled=${busy} aria-disabled=${!changes}>${t('settings.save')}</button>${changes > 0 && html`<span class="help">${t('mapping.unsaved')}</span>`}</div>`;
