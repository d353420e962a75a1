// Who asked about a resident: what the resident is entitled to be told.

import { html, useState, useEffect, ProblemNotice, asProblem } from '../ui.js';
import { t, moment, number } from '../words.js';
import { call } from '../api.js';

export default function Asked({ id }) {
  const [pages, setPages] = useState([]);
  const [problem, setProblem] = useState(null);
  const more = async (after) => {
    try {
      const { data } = await call('GET', `/residents/${encodeURIComponent(id)}/inquiries?limit=20${after ? `&after=${encodeURIComponent(after)}` : ''}`);
      setPages((before) => [...before, data]);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  useEffect(() => { more(); }, [id]);
  const asked = pages.flatMap((page) => page.inquiries);
  const next = pages.at(-1)?.next;
  return html`
    <section class="card stack" aria-labelledby="asked-title">
      <h2 id="asked-title">${t('asked.title')}</h2>
      <${ProblemNotice} problem=${problem} />
      ${pages.length > 0 && !asked.length && html`<p class="help">${t('asked.none')}</p>`}
      ${asked.length > 0 && html`<ul class="history">${asked.map((it) => html`
        <li key=${it.inquiry}><strong>${it.asker_name} <span class="mono">${it.asker}</span></strong> <span class="sub">${moment(it.at)} ・ ${t(`basis.${it.basis}`)} ・ ${t(`purpose.${it.purpose}`)} ・ ${it.programmes}</span>${t(`asked.${it.outcome}`, { count: number(it.doses) })}</li>`)}</ul>`}
      ${next && html`<p><button class="button" type="button" onClick=${() => more(next)}>${t('more')}</button></p>`}
    </section>`;
}
