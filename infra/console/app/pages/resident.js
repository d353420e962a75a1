// One resident: who it is, as the register in force says or said last, and their doses.

import { html, Page, Badge, Notice, Waiting, ProblemNotice } from '../ui.js';
import { useLoaded } from '../loading.js';
import { t, age, date } from '../words.js';
import { call } from '../api.js';
import Asked from './asked.js';
import Doses from './timeline.js';

async function look(id, signal) {
  const ask = (path) => call('GET', `/residents/${encodeURIComponent(id)}${path}`, undefined, { signal }).then((it) => it.data);
  const [resident, doses] = await Promise.all([ask(''), ask('/doses')]);
  return { resident, doses };
}

export default function Resident({ id }) {
  const { data, problem, reload } = useLoaded((signal) => look(id, signal), [id]);
  return html`
    <${Page} title=${t('resident.title')} back=${{ href: '#/residents', text: t('resident.back') }}>
      <${ProblemNotice} problem=${problem} />
      ${!data && !problem && html`<${Waiting} />`}
      ${data && html`
        <${Who} resident=${data.resident} />
        <${Doses} person=${data.doses} onChanged=${reload} />
        <${Asked} id=${id} />`}
    <//>`;
}

const Who = ({ resident }) => html`
  <section class="card stack" aria-labelledby="who">
    <div>
      ${resident.kana && html`<p class="kana"><bdi>${resident.kana}</bdi></p>`}
      <h2 class="name" id="who"><bdi>${resident.name}</bdi></h2>
    </div>
    ${resident.removed && html`<${Notice} kind="info" title=${t('resident.removed')}>${t('resident.removed-more')}<//>`}
    ${resident.protected && html`<${Notice} kind="warning" title=${t('resident.protected')}>${t('resident.protected-more')}<//>`}
    ${resident.protected === null && html`<${Notice} kind="info" title=${t('resident.protected-unknown')}>${t('resident.protected-unknown-more')}<//>`}
    ${resident.gaiji && html`<${Notice} kind="info">${t('resident.gaiji')}<//>`}
    <dl class="facts facts-pairs">
      <dt>${t('residents.birth_date')}</dt><dd>${date(resident.birth_date)} ・ ${t('resident.age', { age: age(resident.birth_date) })}</dd>
      <dt>${t('resident.sex')}</dt><dd>${t(`sex.${resident.sex}`)}</dd>
      <dt>${t('residents.number')}</dt><dd class="mono"><bdi>${resident.number}</bdi></dd>
      <dt>${t('residents.coupon')}</dt><dd class="mono">${resident.coupon ?? t('resident.no-coupon')}</dd>
      <dt>${t('resident.my-number')}</dt><dd>${resident.my_number_registered ? html`<${Badge} kind="good">${t('resident.my-number-held')}<//>` : t('resident.my-number-none')}</dd>
      <dt>${t('resident.since')}</dt><dd>${t('resident.since-file', { generation: resident.since })}</dd>
      ${resident.moved_on && html`<dt>${t('resident.moved-on')}</dt><dd>${date(resident.moved_on)}${resident.reason && html` ・ <bdi>${resident.reason}</bdi>`}</dd>`}
    </dl>
  </section>`;
