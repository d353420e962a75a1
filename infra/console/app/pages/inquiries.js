// Inquiries: the recorded bases, one of them, a new one, and the log.

import { html, Page, Badge, Waiting, ProblemNotice } from '../ui.js';
import { More, pageQuery, usePages } from '../loading.js';
import { t, moment, programmes } from '../words.js';
import { call, may } from '../api.js';
import { to } from '../router.js';
import { STATES } from '../bases.js';
import { mayDrop } from '../uploads.js';
import Basis from './basis.js';
import NewBasis from './new-basis.js';
import Log from './log.js';
import InquiryBudget from './inquiry-budget.js';
import ByFile from './by-file.js';
import File from './file.js';
import '../texts/basis.js';
import '../texts/files.js';
import '../texts/inquiries.js';

const SUBPAGES = { new: NewBasis, log: Log, file: ByFile };

export default ({ route: [what, id] }) => {
  if (what === 'basis' && id) return html`<${Basis} id=${id} />`;
  if (what === 'file' && id) return html`<${File} id=${id} back=${{ href: to('inquiries', 'file'), text: t('by-file.title') }} />`;
  const Sub = SUBPAGES[what];
  return Sub ? html`<${Sub} />` : html`<${Bases} />`;
};

function Bases() {
  const pages = usePages(async (after) => {
    const { data } = await call('GET', `/consents?${pageQuery(20, after)}`);
    return { items: data.consents, next: data.next };
  });
  const { items: bases, isThere, problem } = pages;
  return html`
    <${Page} title=${t('inquiries.title')} lead=${t('inquiries.lead')}
      actions=${html`<a class="button" href=${to('inquiries', 'log')}>${t('log.title')}</a>${mayDrop('inquiries') && html`<a class="button" href=${to('inquiries', 'file')}>${t('by-file.title')}</a>`}${may('inquire') && html`<a class="button button-primary" href=${to('inquiries', 'new')}>${t('basis.new')}</a>`}`}>
      <${InquiryBudget} />
      <${ProblemNotice} problem=${problem} />
      <section class="stack" aria-labelledby="bases-title">
        <h2 id="bases-title">${t('inquiries.bases')}</h2>
        ${!isThere && !problem && html`<${Waiting} />`}
        ${isThere && (!bases.length ? html`<p class="card empty">${t('inquiries.none')}</p>` : html`
          <div class="table-box" tabindex="0" role="group" aria-labelledby="bases-title"><table>
            <thead><tr><th scope="col">${t('basis.evidence_number')}</th><th scope="col">${t('basis.basis')}</th><th scope="col">${t('files.state')}</th><th scope="col">${t('basis.expires')}</th></tr></thead>
            <tbody>${bases.map((it) => html`
              <tr key=${it.id}>
                <th scope="row" class="wrap"><a href=${to('inquiries', 'basis', it.id)}><bdi>${it.evidence_number}</bdi></a><span class="sub">${moment(it.recorded_at)}</span></th>
                <td class="wrap">${t(`basis.${it.basis}`)}<span class="sub">${t(`purpose.${it.purpose}`)} ・ ${programmes(it.programmes)}</span></td>
                <td><${Badge} kind=${STATES[it.state]}>${t(`basis-state.${it.state}`)}<//></td>
                <td>${moment(it.expires_at)}</td>
              </tr>`)}</tbody>
          </table></div>`)}
        <${More} pages=${pages} />
      </section>
    <//>`;
}
