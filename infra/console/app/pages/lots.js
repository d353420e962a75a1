// Lots that were delivered, by vaccine. Once lots of a vaccine are known, a dose of another lot is kept for review.

import { html, ProblemNotice } from '../ui.js';
import { Field, DraftFoot, useDraft } from '../form.js';

const written = (lots = []) => lots.join('\n');
const read = (text) => [...new Set(text.normalize('NFKC').split(/[\s,、]+/).filter(Boolean))];

export default function Lots({ settings, onSave }) {
  const draft = useDraft(onSave);
  const { wanted } = draft;
  const textOf = (code) => wanted[code] ?? written(settings.lots[code]);
  const changed = Object.keys(wanted).filter((code) => written(read(wanted[code])) !== written(settings.lots[code]));
  const save = (event) => {
    event.preventDefault();
    if (!changed.length) return undefined;
    // The list is replaced as a whole, so every vaccine is named.
    const lots = settings.known.products.map(({ code }) => [code, read(textOf(code))]).filter(([, list]) => list.length);
    return draft.save({ lots: Object.fromEntries(lots) });
  };
  return html`
    <form class="card stack" onSubmit=${save}>
      <div class="fields fields-two">
        ${settings.known.products.map(({ code, maker, name }) => html`
          <${Field} key=${code} id=${`lots-${code}`} label=${`${maker}（${name}）`}>
            <textarea class="input" id=${`lots-${code}`} rows="3" spellcheck=${false} autocomplete="off" value=${textOf(code)}
              onInput=${(event) => draft.change(code, event.target.value)}></textarea>
          <//>`)}
      </div>
      <${ProblemNotice} problem=${draft.problem} />
      <${DraftFoot} draft=${draft} changes=${changed.length} />
    </form>`;
}
