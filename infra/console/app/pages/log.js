// The municipality's log of inquiries made and answered, and the check of its chain, computed in this browser.

import { html, useState, Break, Page, Badge, Notice, Waiting, ProblemNotice, asProblem, announce } from '../ui.js';
import { More, pageQuery, usePages } from '../loading.js';
import { t, named, number, moment, programmes } from '../words.js';
import { call, may } from '../api.js';
import { to } from '../router.js';
import { breaksAt, isWithheld, wholeLog } from '../chain.js';

const MARKS = { answered: 'busy', released: 'doubt', unknown: 'bad' };
/** The words of facts that are codes. */
const WORDS = {
  basis: (code) => named(`basis.${code}`, code),
  purpose: (code) => named(`purpose.${code}`, code),
  programmes: (codes) => programmes(codes.split(' ')),
  outcome: (code) => named(`told.${code}`, code),
  protected: () => t('fact.protected-yes'),
};

/** One fact, in words where it is a code. The check of the chain goes by the facts as they came. */
const Fact = ({ name, value }) => {
  if (name === 'resident' && may('read')) return html`<a href=${to('residents', value)}>${value}</a>`;
  return html`<bdi>${WORDS[name]?.(value) ?? value}</bdi>`;
};

export default function Log() {
  const pages = usePages(async (after) => {
    const { data } = await call('GET', `/log?${pageQuery(50, after)}`);
    return { items: data.entries, next: data.next };
  }, (it) => it.seq);
  const { items: entries, isThere } = pages;
  const [problem, setProblem] = useState(null);
  const [check, setCheck] = useState(null);
  const run = async () => {
    setProblem(null);
    setCheck({ read: 0 });
    try {
      const entries = await wholeLog((read) => setCheck({ read }));
      const broken = await breaksAt(entries);
      setCheck({ count: entries.length, withheld: entries.filter(isWithheld).length, broken, last: entries[0]?.hash });
      announce(broken === null ? t('log.whole', { count: entries.length }) : t('log.broken', { seq: broken }));
    } catch (error) {
      setCheck(null);
      setProblem(asProblem(error));
    }
  };
  return html`
    <${Page} title=${t('log.title')} lead=${t('log.lead')} back=${{ href: to('inquiries'), text: t('inquiries.title') }}
      actions=${html`<button class="button button-primary" type="button" disabled=${check && check.count === undefined} onClick=${run}>${t('log.check')}</button>`}>
      <${ProblemNotice} problem=${problem ?? pages.problem} />
      ${check && (check.count === undefined ? html`<${Waiting} text=${t('log.checking', { count: number(check.read) })} />`
        : check.broken === null ? html`<${Notice} kind="good" role="status" title=${t('log.whole', { count: number(check.count) })}>${check.withheld ? t('log.whole-part', { count: number(check.withheld) }) : t('log.whole-more')}${check.last && html`<${Break} /><code>${check.last}</code>`}<//>`
          : html`<${Notice} kind="error" role="alert" title=${t('log.broken', { seq: number(check.broken) })}>${t('log.broken-more')}<//>`)}
      ${!isThere && !pages.problem && html`<${Waiting} />`}
      ${isThere && (!entries.length ? html`<p class="card empty">${t('log.none')}</p>` : html`
        <div class="table-box" tabindex="0" role="group" aria-label=${t('log.title')}><table>
          <thead><tr><th scope="col" class="number">${t('log.seq')}</th><th scope="col">${t('log.at')}</th><th scope="col">${t('log.what')}</th><th scope="col">${t('log.facts')}</th><th scope="col">${t('log.hash')}</th></tr></thead>
          <tbody>${entries.map((it) => html`
            <tr key=${it.seq}>
              <th scope="row" class="number">${number(it.seq)}</th>
              <td class="since">${moment(it.at)}</td>
              <td class="nowrap"><${Badge} kind=${MARKS[it.kind] ?? 'plain'}>${t(`log.${it.kind}`)}<//></td>
              <td class="wrap">${isWithheld(it) ? html`<span class="sub">${t('log.withheld-more')}</span>` : Object.entries(it.facts).filter(([name, value]) => name !== 'kind' && value).map(([name, value]) => html`<span key=${name} class="saying"><span class="saying-name">${named(`fact.${name}`, name)}</span> <${Fact} name=${name} value=${value} /></span>`)}</td>
              <td class="mono" title=${it.hash}>${it.hash.slice(0, 8)}…</td>
            </tr>`)}</tbody>
        </table></div>`)}
      <${More} pages=${pages} />
    <//>`;
}
