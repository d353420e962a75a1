// How much was asked today, and whether many of it met nobody: somebody may be trying numbers.

import { html, Break, Notice, ProblemNotice } from '../ui.js';
import { useLoaded } from '../loading.js';
import { t, number } from '../words.js';
import { call } from '../api.js';

export default function InquiryBudget({ more }) {
  const { data, problem } = useLoaded(async (signal) => (await call('GET', '/inquiries?limit=1', undefined, { signal })).data.today, []);
  return html`
    <${ProblemNotice} problem=${problem} />
    ${data && html`<p class="help">${t('inquiries.today', { asked: number(data.asked), most: number(data.per_day) })}${more && html`<${Break} />${more}`}</p>`}
    ${data?.many_misses && html`<${Notice} kind="warning" title=${t('inquiries.many-misses')}>${t('inquiries.many-misses-more', { misses: number(data.nothing_found + data.mismatched), usual: number(data.usual_misses) })}<//>`}`;
}
