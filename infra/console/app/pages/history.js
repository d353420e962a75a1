// Files that were dropped, newest first: all of them, or those of one kind.

import { html, useState, useEffect, Badge, Waiting, ProblemNotice, asProblem, announce, usePolling } from '../ui.js';
import { t, said, number, moment, size } from '../words.js';
import { call } from '../api.js';
import { isUnderWay, kindOf, placeOf } from '../uploads.js';
import { onArrival } from './drop.js';

const page = async (limit, after) => (await call('GET', `/uploads?limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`)).data;

/** Pages of other kinds that are passed over in search of one. */
const MOST_PASSED = 10;

async function pageOfKind(kind, after) {
  for (let passed = 0; ; passed += 1) {
    const { uploads, next } = await page(100, after);
    const found = uploads.filter((it) => it.kind === kind);
    if (found.length || !next || passed === MOST_PASSED) return { uploads: found, next };
    after = next;
  }
}

export default function History({ title, none, kind }) {
  const [pages, setPages] = useState([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const fetchPage = (after) => (kind ? pageOfKind(kind, after) : page(20, after));
  const first = async () => {
    try {
      const found = await fetchPage();
      setPages((before) => [found, ...before.slice(1)]);
      setProblem(null);
      return !found.uploads.some(isUnderWay);
    } catch (error) {
      setProblem(asProblem(error));
      return true;
    }
  };
  useEffect(() => {
    first();
    return onArrival(first);
  }, []);
  const uploads = pages.flatMap((page) => page.uploads);
  const unique = uploads.filter((it, at) => uploads.findIndex((other) => other.id === it.id) === at);
  usePolling(first, unique.slice(0, pages[0]?.uploads.length).some(isUnderWay), []);
  const next = pages.at(-1)?.next;
  const more = async () => {
    setBusy(true);
    try {
      const found = await fetchPage(next);
      setPages((before) => [...before, found]);
      announce(t('files.more-shown', { count: found.uploads.length }));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return html`
    <section class="stack" aria-labelledby="history-title">
      <h2 id="history-title">${title}</h2>
      <${ProblemNotice} problem=${problem} />
      ${!pages.length && !problem && html`<${Waiting} />`}
      ${pages.length > 0 && (unique.length === 0 ? html`<p class="card empty">${none}</p>` : html`
        <div class="table-box" tabindex="0" role="group" aria-labelledby="history-title"><table>
          <thead><tr><th scope="col">${t('files.file')}</th><th scope="col">${t('files.state')}</th><th scope="col" class="number">${t('rows.in')}</th><th scope="col" class="number">${t('rows.refused')}</th><th scope="col">${t('files.dropped-at')}</th></tr></thead>
          <tbody>${unique.map((it) => html`
            <tr key=${it.id}>
              <th scope="row" class="wrap"><a href=${placeOf(it.kind, it.id)}><bdi>${it.file}</bdi></a><span class="sub">${!kind && `${t(`kind.${it.kind}`)} ・ `}${size(it.size)}</span></th>
              <td><${Badge} kind=${kindOf(it.state)}>${said(it.state_text)}<//></td>
              <td class="number">${number(it.rows.in)}</td>
              <td class="number">${it.rows.refused > 0 ? html`<strong>${number(it.rows.refused)}</strong>` : '0'}</td>
              <td class="nowrap">${moment(it.dropped_at)}</td>
            </tr>`)}</tbody>
        </table></div>`)}
      ${next && html`<p><button class="button" type="button" disabled=${busy} onClick=${more}>${t('more')}</button></p>`}
    </section>`;
}
