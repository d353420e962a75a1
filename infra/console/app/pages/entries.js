// What was entered at this desk, newest first; in memory only.

import { html, Badge } from '../ui.js';
import { t, number, time } from '../words.js';
import { desk, KEPT, KINDS, whyOf } from '../desk.js';
import { ending } from '../coupon.js';

/** Of what went well the ending is enough; of the rest the paper has to be found again. */
const WELL = ['recorded', 'unchanged', 'saving', 'queued'];

export default function Entries() {
  return html`
    <section class="stack" aria-labelledby="entries-title">
      <div class="row"><h2 class="grow" id="entries-title">${t('entries.title')}</h2><p class="help">${t('entries.done', { count: number(desk.done) })}</p></div>
      ${desk.entries.length > 0 && html`<p class="help">${t('entries.kept', { most: KEPT })}</p>`}
      ${!desk.entries.length ? html`<p class="card empty">${t('entries.none')}</p>` : html`
        <div class="table-box" tabindex="0" role="group" aria-labelledby="entries-title"><table>
          <thead><tr><th scope="col">${t('entries.at')}</th><th scope="col">${t('residents.coupon')}</th><th scope="col">${t('entries.number')}</th><th scope="col">${t('entries.outcome')}</th></tr></thead>
          <tbody>${desk.entries.map((it) => html`
            <tr key=${it.id} data-entry=${it.kind}>
              <td class="nowrap">${time(it.at)}</td>
              <td class="mono">${!it.coupon ? '—' : WELL.includes(it.kind) ? ending(it.coupon) : it.coupon}</td>
              <td>${it.number ? t('doses.number', { number: it.number }) : '—'}</td>
              <td class="wrap"><${Badge} kind=${KINDS[it.kind]?.[0] ?? 'busy'}>${t(`outcome.${it.kind}`)}<//>${whyOf(it).map((why) => html`<span key=${why} class="sub">${why}</span>`)}</td>
            </tr>`)}</tbody>
        </table></div>`}
    </section>`;
}
