// Exports: when the next one is made unasked, ask for one now, how each of them ended, save its files.

import { html, useState, Page, Badge, Notice, Progress, Waiting, ProblemNotice, asProblem, announce } from '../ui.js';
import { More, pageQuery, useLoaded, usePages, usePolling } from '../loading.js';
import { t, said, number, moment } from '../words.js';
import { call, may } from '../api.js';
import { to } from '../router.js';
import { isLate } from '../exports.js';
import { useSaving } from '../storage.js';
import '../texts/exports.js';

const KINDS = { requested: 'busy', published: 'good', failed: 'bad' };

const read = async (id, signal) => (await call('GET', `/exports/${encodeURIComponent(id)}`, undefined, { signal })).data;

export default ({ route: [id] }) => html`
  <${Page} title=${t('exports.title')} lead=${t('exports.lead')} back=${id && { href: to('exports'), text: t('exports.so-far') }}>
    ${id ? html`<${Named} id=${id} />` : html`<${Exports} />`}
  <//>`;

/** One by its id, which a note or a manifest names. */
function Named({ id }) {
  const { data, problem, set } = useLoaded((signal) => read(id, signal), [id]);
  return html`<${ProblemNotice} problem=${problem} />${!data && !problem && html`<${Waiting} />`}${data && html`<${Export} it=${data} onChanged=${set} heading="h2" open />`}`;
}

function Exports() {
  const pages = usePages(async (after) => {
    const { exports, next, ...head } = (await call('GET', `/exports?${pageQuery(20, after)}`)).data;
    return { items: exports, next, ...head };
  });
  const { items: exports, isThere, problem, head } = pages;
  const add = (made) => (isThere ? pages.change((items) => [made, ...items]) : pages.reload());
  const change = (now) => pages.change((items) => items.map((it) => (it.id === now.id ? now : it)));
  const last = exports.find((it) => it.state === 'published');
  return html`
    ${may('register') && html`<${Run} onAsked=${add} />`}
    <section class="stack" aria-labelledby="exports-so-far">
      <h2 id="exports-so-far">${t('exports.so-far')}</h2>
      <p class="help">${head && html`<strong>${t('exports.next', { at: moment(head.next_nightly) })}</strong> `}${t('exports.schedule')}</p>
      <${ProblemNotice} problem=${problem} />
      ${!isThere && !problem && html`<${Waiting} />`}
      ${isThere && !exports.length && html`<p class="card empty">${t('exports.none')}</p>`}
      ${exports.map((it) => html`<${Export} key=${it.id} it=${it} onChanged=${change} open=${it === last} />`)}
      <${More} pages=${pages} />
    </section>`;
}

function Run({ onAsked }) {
  const [wanted, setWanted] = useState({ scope: '', encoding: '' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const run = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      // What is left open is as the municipality's settings say.
      const { data } = await call('POST', '/exports', Object.fromEntries(Object.entries(wanted).filter(([, value]) => value)));
      announce(t('exports.asked'));
      onAsked(data);
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  const choice = (name, values, keyOf) => html`
    <fieldset class="field"><legend>${t(`exports.${name}`)}</legend><div class="choice">
      ${['', ...values].map((it) => html`<label key=${it}><input type="radio" name=${name} checked=${wanted[name] === it} onChange=${() => setWanted({ ...wanted, [name]: it })} />${t(keyOf(it || 'usual'))}</label>`)}
    </div></fieldset>`;
  return html`
    <form class="card stack" onSubmit=${run}>
      <h2>${t('exports.run-title')}</h2>
      <p>${t('exports.what')}</p>
      <div class="fields">${choice('scope', ['full', 'changed'], (it) => `scope.${it}`)}${choice('encoding', ['utf-8-bom', 'utf-8', 'cp932'], (it) => `encoding.${it}`)}</div>
      <${ProblemNotice} problem=${problem} />
      <div><button class="button button-primary" type="submit" disabled=${busy}>${t('exports.run')}</button></div>
    </form>`;
}

/** What there is to say beside why it failed. It comes in English alone: numbers are said in words of ours, all else is for the operator. */
function detailOf({ code, detail }) {
  if (code === 'RECORDS_MOVING') return null; // nothing but how often it was tried
  const line = code === 'NUMBER_NOT_ENCODABLE' && detail.match(/\d+/)?.[0];
  return line ? t('export.line', { line: number(line) }) : t('export.detail', { detail });
}

function Export({ it, onChanged, open, heading = 'h3' }) {
  const { problem, saving } = useSaving();
  const unseen = usePolling(async () => {
    const now = await read(it.id);
    onChanged(now);
    if (now.state !== 'requested') announce(t(`export.${now.state}`));
    return now.state !== 'requested';
  }, it.state === 'requested', [it.id]);
  const link = async (name) => (await read(it.id)).files.find((file) => file.name === name);
  const fetch = (name) => saving(() => link(name), name, 'application/octet-stream');
  const late = isLate(it);
  return html`
    <article class="card stack" data-export=${it.state}>
      <div class="row">
        <${heading} class="grow">${moment(it.requested_at)}<span class="sub">${t(`origin.${it.origin}`)} ・ ${t(`scope.${it.scope}`)} ・ ${t(`encoding.${it.encoding}`)}</span><//>
        ${it.doses !== null && html`<span>${t('exports.doses', { count: number(it.doses) })}</span>`}
        <${Badge} kind=${late ? 'doubt' : KINDS[it.state]}>${t(late ? 'export.late' : `export.${it.state}`)}<//>
      </div>
      ${it.state === 'requested' && !late && !unseen && html`<${Progress} label=${t('export.requested')} />`}
      ${late && html`<${Notice} kind="warning" title=${t('export.late')}>${t('export.late-more')}<//>`}
      ${it.failure && html`<${Notice} kind="error" title=${said(it.failure)}>${detailOf(it.failure)}<//>`}
      <${ProblemNotice} problem=${problem ?? unseen} />
      ${it.state === 'published' && it.files.length === 0 && html`<p class="help">${t('exports.gone')}</p>`}
      ${it.files.length > 0 && html`<details open=${open}><summary>${t('exports.files', { count: it.files.length })}</summary>
        <ul class="chips">${it.files.map((file) => html`<li key=${file.name}><button class="button button-small" type="button" onClick=${() => fetch(file.name)}>${file.name}</button></li>`)}</ul></details>`}
    </article>`;
}
