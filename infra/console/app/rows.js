// A table of very many rows of one height, of which only those in sight are in the page.

import { html, useState, useEffect, useLayoutEffect, useRef, Reading } from './ui.js';
import { t, clipped, number } from './words.js';

const HEIGHT = 64; // px, as in style.css
const BEYOND = 6; // rows above and below those in sight

/** Why a row was refused. What does not fit into its height is read in a dialog. */
function Why({ text, line, onAll }) {
  const cell = useRef();
  const [cut, setCut] = useState(false);
  useLayoutEffect(() => setCut(cell.current.scrollHeight > cell.current.clientHeight), [text]);
  return html`
    <td class=${`why ${cut ? 'why-cut' : ''}`}>
      <span class="cell" ref=${cell}>${clipped(text)}</span>
      ${cut && html`<button class="why-all" type="button" aria-label=${t('rows.all-of', { line })} onClick=${onAll}>${t('rows.all')}</button>`}
    </td>`;
}

export default function Rows({ label, header, count, row, onMend }) {
  const box = useRef();
  const [seen, setSeen] = useState([0, 20]);
  const [read, setRead] = useState(null);
  const look = () => {
    const it = box.current;
    if (!it) return;
    const first = Math.max(Math.floor(it.scrollTop / HEIGHT) - BEYOND, 0);
    const last = Math.min(Math.ceil((it.scrollTop + it.clientHeight) / HEIGHT) + BEYOND, count);
    setSeen((before) => (before[0] === first && before[1] === last ? before : [first, last]));
  };
  useEffect(() => {
    box.current.scrollTop = 0;
    look();
  }, [count]);
  const [first, last] = [Math.min(seen[0], count), Math.min(seen[1], count)];
  const shown = [];
  for (let place = first; place < last; place += 1) shown.push([place, row(place)]);
  return html`
    <div class="rows-box" ref=${box} onScroll=${look} tabindex="0" role="group" aria-label=${`${label} ${t('rows.count', { count: number(count) })}`}>
      <table aria-rowcount=${count + 1}>
        <thead><tr aria-rowindex="1"><th scope="col" class="number">${t('rows.line')}</th><th scope="col" class="why">${t('rows.why')}</th>${onMend && html`<th scope="col">${t('rows.to-mend')}</th>`}${header.map((name, at) => html`<th key=${at} scope="col"><bdi>${clipped(name)}</bdi></th>`)}</tr></thead>
        <tbody>
          ${first > 0 && html`<tr class="space" aria-hidden="true"><td colspan=${header.length + 3} style=${{ height: `${first * HEIGHT}px` }}></td></tr>`}
          ${shown.map(([place, it]) => html`
            <tr key=${it.key} aria-rowindex=${place + 2}>
              <th scope="row" class="number">${it.line}</th>
              <${Why} text=${it.why} line=${it.line} onAll=${() => setRead(it)} />
              ${onMend && html`<td class="mends"><div class="mend">${[...it.marked].map((column) => html`
                <label key=${column}><bdi>${clipped(header[column] ?? '')}</bdi>
                  <input class=${`edit ${it.mended.has(column) ? 'edit-done' : ''}`} value=${it.values[column] ?? ''} dir="auto" autocomplete="off" spellcheck=${false} aria-label=${t('rows.mend', { column: header[column] ?? '', line: it.line })} aria-invalid=${!it.mended.has(column)} onInput=${(event) => onMend(place, column, event.target.value)} />
                </label>`)}</div></td>`}
              ${it.values.map((value, column) => html`<td key=${column} class=${it.marked.has(column) ? 'wrong' : ''}><bdi class="cell">${clipped(value)}</bdi></td>`)}
            </tr>`)}
          ${last < count && html`<tr class="space" aria-hidden="true"><td colspan=${header.length + 3} style=${{ height: `${(count - last) * HEIGHT}px` }}></td></tr>`}
        </tbody>
      </table>
    </div>
    <p class="only-printed">${t('rows.print', { count: number(count) })}</p>
    ${read && html`<${Reading} title=${t('rows.why-of', { line: read.line })} onClose=${() => setRead(null)}><ul>${read.reasons.map((it, at) => html`<li key=${at}><bdi>${it}</bdi></li>`)}</ul><//>`}`;
}
