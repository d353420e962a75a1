// Who asked about a resident: what the resident is entitled to be told. What was held back is decided here. Who asked about somebody
// protected is where they went: that is shown to whoever may approve.

import { html, useState, useRef, Badge, Ask, ProblemNotice } from '../ui.js';
import { More, pageQuery, usePages } from '../loading.js';
import { t, named, moment, number, programmes } from '../words.js';
import { call, may } from '../api.js';
import { counts, released } from '../held.js';
import { useChange } from './change.js';

export default function Asked({ id }) {
  const [until, setUntil] = useState(new Map());
  const isRead = useRef(false);
  const pages = usePages(async (after) => {
    const { data } = await call('GET', `/residents/${encodeURIComponent(id)}/inquiries?${pageQuery(20, after)}`);
    // What was decided is known before a button asks for it again.
    if (!isRead.current && may('approve') && data.inquiries.some(isHeld)) {
      setUntil(await released(id));
      isRead.current = true;
    }
    return { items: data.inquiries, next: data.next };
  }, (it) => it.seq);
  const { items: asked, isThere, problem } = pages;
  const lookAnew = () => {
    isRead.current = false;
    pages.reload();
  };
  return html`
    <section class="card stack" aria-labelledby="asked-title">
      <h2 id="asked-title">${t('asked.title')}</h2>
      <${ProblemNotice} problem=${problem} />
      ${isThere && !asked.length && html`<p class="help">${t('asked.none')}</p>`}
      ${asked.length > 0 && html`<ul class="history">${asked.map((it) => html`
        <li key=${it.seq}><strong>${it.asker === null ? t('asked.withheld') : html`${it.asker_name} <span class="mono">${it.asker}</span>`}</strong> <span class="sub">${moment(it.at)} ・ ${named(`basis.${it.basis}`, it.basis)} ・ ${named(`purpose.${it.purpose}`, it.purpose)} ・ ${programmes(it.programmes.split(' '))}</span>${t(`asked.${it.outcome}`, { count: number(it.doses) })}
          ${isHeld(it) && html`<${Held} resident=${id} inquiry=${it} until=${until.get(it.asker)} onReleased=${(at) => setUntil(new Map(until).set(it.asker, at))} onStale=${lookAnew}
            isLast=${asked.find((other) => other.asker === it.asker && counts(other.outcome)) === it} />`}</li>`)}</ul>`}
      <${More} pages=${pages} />
    </section>`;
}

const isHeld = (inquiry) => inquiry.outcome === 'held';

/** An inquiry that was held back. A decision is about the asker, so it is asked for once, where its last inquiry was held. */
function Held({ resident, inquiry, until, onReleased, onStale, isLast }) {
  const [asked, setAsked] = useState(false);
  const name = { asker: inquiry.asker_name };
  const { busy, problem, change } = useChange((data) => onReleased(new Date(data.until)), onStale, () => t('asked.released', name));
  if (!may('approve') || !isLast) return html`<${ProblemNotice} problem=${problem} />`;
  const release = async () => {
    await change('POST', `/residents/${encodeURIComponent(resident)}/inquiries/${inquiry.inquiry}/release`);
    setAsked(false);
  };
  return html`
    <div class="stack held-back">
      <${ProblemNotice} problem=${problem} />
      ${until ? html`<p><${Badge} kind="good">${t('asked.released', name)}<//> <span class="sub">${t('asked.until', { ...name, until: moment(until) })}</span></p>`
        : html`<div><button class="button button-small" type="button" onClick=${() => setAsked(true)}>${t('asked.release')}</button></div>`}
      ${asked && html`<${Ask} title=${t('asked.release-title', name)} yes=${t('asked.release')} busy=${busy} onYes=${release} onNo=${() => setAsked(false)}><p>${t('asked.release-more', name)}</p><p>${t('asked.release-tell', name)}</p><//>`}
    </div>`;
}
