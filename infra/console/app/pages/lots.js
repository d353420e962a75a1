// Lots that were delivered, by vaccine. Once lots of a vaccine are known, a dose of another lot is kept for review.

import { html, useState, Field, Notice, ProblemNotice, asProblem, announce } from '../ui.js';
import { t } from '../words.js';

const written = (lots = []) => lots.join('\n');
const read = (text) => [...new Set(text.normalize('NFKC').split(/[\s,、]+/).filter(Boolean))];

export default function Lots({ settings, onSave }) {
  const [wanted, setWanted] = useState({});
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState(null);
  const textOf = (code) => wanted[code] ?? written(settings.lots[code]);
  const changed = Object.keys(wanted).filter((code) => written(read(wanted[code])) !== written(settings.lots[code]));
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      // The list is replaced as a whole, so every vaccine is named.
      const lots = settings.known.products.map(({ code }) => [code, read(textOf(code))]).filter(([, list]) => list.length);
      await onSave({ lots: Object.fromEntries(lots) });
      setWanted({});
      setSaved(true);
      announce(t('settings.saved'));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return html`
    <form class="card stack" onSubmit=${save}>
      <div class="fields fields-two">
        ${settings.known.products.map(({ code, maker, name }) => html`
          <${Field} key=${code} id=${`lots-${code}`} label=${`${maker}（${name}）`}>
            <textarea class="input" id=${`lots-${code}`} rows="3" spellcheck=${false} autocomplete="off" value=${textOf(code)}
              onInput=${(event) => { setSaved(false); setWanted({ ...wanted, [code]: event.target.value }); }}></textarea>
          <//>`)}
      </div>
      <${ProblemNotice} problem=${problem} />
      ${saved && !changed.length && html`<${Notice} kind="good">${t('settings.saved')}<//>`}
      <div class="row"><button class="button button-primary" type="submit" disabled=${busy || !changed.length}>${t('settings.save')}</button>${changed.length > 0 && html`<span class="help">${t('mapping.unsaved')}</span>`}</div>
    </form>`;
}
