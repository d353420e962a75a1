// Doses that somebody has to look at, list by list; one of them, beside what it stands against, under its id.

import { html, useState, Page, Notice, Waiting, ProblemNotice, Ask, asProblem, save } from '../ui.js';
import { TextField } from '../form.js';
import { More, pageQuery, useLoaded, usePages } from '../loading.js';
import { t, said, number, date, moment } from '../words.js';
import { call, may } from '../api.js';
import { to } from '../router.js';
import { LISTS, listAsCsv, maker, numbered, REASON_LIMIT } from '../dose.js';
import { useChange } from './change.js';
import Check from './check.js';
import '../texts/checks.js';

const PAGE = 50;

export default ({ route: [list = LISTS[0], resident, id] }) => (id ? html`<${Check} list=${list} resident=${resident} id=${id} />` : html`<${Lists} list=${LISTS.includes(list) ? list : LISTS[0]} />`);

function Lists({ list }) {
  const counts = useLoaded(async (signal) => (await call('GET', '/doses/counts', undefined, { signal })).data, []);
  return html`
    <${Page} title=${t('checks.title')} lead=${t('checks.lead')}>
      <nav class="tabs" aria-label=${t('checks.lists')}>
        ${LISTS.map((it) => html`<a key=${it} href=${to('checks', it)} aria-current=${it === list ? 'true' : null}>${t(`list.${it}`)} <span class="count">${counts.data ? number(counts.data[it]) : '…'}</span></a>`)}
      </nav>
      <p class="lead">${t(`list.${list}-more`)}</p>
      <${ProblemNotice} problem=${counts.problem} />
      <${List} key=${list} list=${list} onChanged=${counts.reload} />
    <//>`;
}

function List({ list, onChanged }) {
  const pages = usePages(async (after) => {
    const { data } = await call('GET', `/doses?state=${list}&${pageQuery(PAGE, after)}`);
    return { items: data.entries, next: data.next };
  });
  const { items: entries, isThere } = pages;
  const [busy, setBusy] = useState(false);
  const [unsaved, setUnsaved] = useState(null);
  const [asked, setAsked] = useState(null);
  const renew = () => {
    pages.reload();
    onChanged();
  };
  const csv = async () => {
    setBusy(true);
    setUnsaved(null);
    await listAsCsv(list).then((text) => save(text, `doses_${list}.csv`)).catch((error) => setUnsaved(asProblem(error)));
    setBusy(false);
  };
  return html`
    <section class="stack" aria-label=${t(`list.${list}`)}>
      <${ProblemNotice} problem=${unsaved ?? pages.problem} />
      ${!isThere && !pages.problem && html`<${Waiting} />`}
      ${isThere && (entries.length === 0 ? html`<p class="card empty">${t('checks.none')}</p>` : html`
        <div class="row"><button class="button button-small" type="button" disabled=${busy} onClick=${csv}>${t('checks.csv')}</button></div>
        <div class="table-box" tabindex="0" role="group" aria-label=${t(`list.${list}`)}><table>
          <thead><tr><th scope="col">${t('checks.dose')}</th><th scope="col">${t('checks.what')}</th><th scope="col">${t('residents.coupon')}</th><th scope="col" class="wide">${t('checks.why')}</th><th scope="col"><span class="visually-hidden">${t('checks.open')}</span></th></tr></thead>
          <tbody>${entries.map((it) => html`
            <tr key=${it.id}>
              <th scope="row" class="nowrap">${numbered(it)}<span class="sub">${date(it.given_on)}</span></th>
              <td class="wrap"><bdi>${maker(it)}</bdi><span class="sub"><bdi>${it.lot}</bdi>${it.venue && html` ・ <bdi>${it.venue}</bdi>`}</span></td>
              <td class="mono">${it.coupon ?? '—'}</td>
              <td class="wrap">${it.findings.length ? it.findings.map((finding) => html`<div key=${finding.code}>${said(finding)}</div>`) : t(`list.${list}-why`)}<span class="sub">${t('checks.since', { at: moment(it.since) })}</span></td>
              <td>${it.resident ? html`<a class="button button-small nowrap" href=${to('checks', list, it.resident, it.id)}>${t('checks.open')}</a>`
                : may('doses') && html`<button class="button button-small nowrap" type="button" onClick=${() => setAsked(it)}>${t('checks.withdraw')}</button>`}</td>
            </tr>`)}</tbody>
        </table></div>`)}
      <${More} pages=${pages} />
      ${asked && html`<${Withdraw} entry=${asked} onStale=${renew} onDone=${(done) => { setAsked(null); if (done) renew(); }} />`}
    </section>`;
}

/** A waiting dose off the list: its coupon was misread, say. */
function Withdraw({ entry, onDone, onStale }) {
  const [reason, setReason] = useState('');
  const { busy, problem, change } = useChange(() => onDone(true), onStale);
  const yes = () => change('POST', `/doses/${entry.id}/resolve`, { decision: 'withdraw', reason: reason.trim() });
  return html`
    <${Ask} title=${t('checks.withdraw-title')} yes=${t('checks.withdraw')} kind="danger" busy=${busy} onYes=${yes} onNo=${() => onDone(false)}>
      <p>${numbered(entry)} ・ ${date(entry.given_on)} ・ <span class="mono">${entry.coupon ?? ''}</span></p>
      <${Notice} kind="info">${t('checks.withdraw-more')}<//>
      <${ProblemNotice} problem=${problem} />
      <${TextField} id="reason" label=${t('reason.label')} help=${t('reason.help')} maxlength=${REASON_LIMIT} value=${reason} onValue=${setReason} />
    <//>`;
}
