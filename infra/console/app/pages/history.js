// Files that were dropped, newest first: all of them, or those of one kind.

import { html, useEffect, Badge, Waiting, ProblemNotice } from '../ui.js';
import { More, pageQuery, usePages, usePolling } from '../loading.js';
import { t, said, number, moment, size } from '../words.js';
import { call } from '../api.js';
import { isUnderWay, kindOf, placeOf } from '../uploads.js';
import { onArrival } from './drop.js';

async function page(limit, after) {
  const { uploads, next } = (await call('GET', `/uploads?${pageQuery(limit, after)}`)).data;
  return { items: uploads, next };
}

/** Pages of other kinds that are passed over in search of one. */
const MOST_PASSED = 10;

async function pageOfKind(kind, after) {
  for (let passed = 0; ; passed += 1) {
    const { items, next } = await page(100, after);
    const found = items.filter((it) => it.kind === kind);
    if (found.length || !next || passed === MOST_PASSED) return { items: found, next };
    after = next;
  }
}

export default function History({ title, none, kind }) {
  const pages = usePages((after) => (kind ? pageOfKind(kind, after) : page(20, after)));
  const { items, isThere, problem, next, renew } = pages;
  useEffect(() => onArrival(renew), []);
  usePolling(renew, items.slice(0, pages.first).some(isUnderWay), []);
  return html`
    <section class="stack" aria-labelledby="history-title">
      <h2 id="history-title">${title}</h2>
      <${ProblemNotice} problem=${problem} />
      ${!isThere && !problem && html`<${Waiting} />`}
      ${isThere && (items.length === 0 ? html`<p class="card empty">${next ? t('files.none-so-far') : none}</p>` : html`
        <div class="table-box" tabindex="0" role="group" aria-labelledby="history-title"><table>
          <thead><tr><th scope="col">${t('files.file')}</th><th scope="col">${t('files.state')}</th><th scope="col" class="number">${t('rows.in')}</th><th scope="col" class="number">${t('rows.refused')}</th><th scope="col">${t('files.dropped-at')}</th></tr></thead>
          <tbody>${items.map((it) => html`
            <tr key=${it.id}>
              <th scope="row" class="wrap"><a href=${placeOf(it.kind, it.id)}><bdi>${it.file}</bdi></a><span class="sub">${!kind && `${t(`kind.${it.kind}`)} ・ `}${size(it.size)}</span></th>
              <td><${Badge} kind=${kindOf(it.state)}>${said(it.state_text)}<//></td>
              <td class="number">${number(it.rows.in)}</td>
              <td class="number">${it.rows.refused > 0 ? html`<strong>${number(it.rows.refused)}</strong>` : '0'}</td>
              <td class="nowrap">${moment(it.dropped_at)}</td>
            </tr>`)}</tbody>
        </table></div>`)}
      <${More} pages=${pages} />
    </section>`;
}
