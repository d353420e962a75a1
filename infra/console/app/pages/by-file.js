// Inquiries by file: how one is made, dropping it, those so far.

import { html, Page, Badge, save } from '../ui.js';
import { t } from '../words.js';
import { to } from '../router.js';
import { write } from '../csv.js';
import { COLUMNS } from '../inquiry-columns.js';
import { mayDrop } from '../uploads.js';
import Drop from './drop.js';
import History from './history.js';
import InquiryBudget from './inquiry-budget.js';

export default () => html`
  <${Page} title=${t('by-file.title')} lead=${t('by-file.lead')} back=${{ href: to('inquiries'), text: t('inquiries.title') }}>
    <${InquiryBudget} more=${t('by-file.budget')} />
    ${mayDrop('inquiries') && html`<${Making} /><${Drop} kinds=${['inquiries']} />`}
    <${History} kind="inquiries" title=${t('files.history')} none=${t('by-file.none')} />
  <//>`;

/** An empty file with the right header, and what belongs in its columns. */
const Making = () => html`
  <section class="card stack" aria-labelledby="making-title">
    <h2 id="making-title">${t('by-file.making')}</h2>
    <p>${t('by-file.how')}</p>
    <div><button class="button" type="button" onClick=${() => save(write([COLUMNS.map((column) => column.name)]), 'inquiries.csv')}>${t('by-file.template')}</button></div>
    <details>
      <summary>${t('by-file.columns')}</summary>
      <div class="table-box" tabindex="0" role="group" aria-label=${t('by-file.columns')}><table>
        <thead><tr><th scope="col">${t('by-file.column')}</th><th scope="col"><span class="visually-hidden">${t('by-file.needed')}</span></th><th scope="col">${t('by-file.content')}</th></tr></thead>
        <tbody>${COLUMNS.map((column) => html`<tr key=${column.key}><th scope="row" class="nowrap">${column.name}</th><td>${column.required && html`<${Badge} kind="busy">${t('by-file.needed')}<//>`}</td><td class="wrap">${t(`by-file.of.${column.key}`)}</td></tr>`)}</tbody>
      </table></div>
    </details>
  </section>`;
