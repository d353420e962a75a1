// Exports: ask for one, follow it, save its files. What was asked for on this page is remembered in memory only.

import { html, useState, useEffect, Page, Badge, Notice, Progress, Waiting, ProblemNotice, asProblem, announce, save, useLoaded, usePolling } from '../ui.js';
import { t, said, number, moment } from '../words.js';
import { call, fetchLink, may, onEnd } from '../api.js';
import { to } from '../router.js';

/** Newest first; they outlive a look at another page. */
let known = [];
onEnd(() => { known = []; });
const KINDS = { requested: 'busy', published: 'good', failed: 'bad' };

const read = async (id, signal) => (await call('GET', `/exports/${encodeURIComponent(id)}`, undefined, { signal })).data;

export default ({ route: [id] }) => html`
  <${Page} title=${t('exports.title')} lead=${t('exports.lead')} back=${id && { href: to('exports'), text: t('exports.title') }}>
    ${id ? html`<${Named} id=${id} />` : html`<${Exports} />`}
  <//>`;

/** One by its id, which a note or a manifest names. */
function Named({ id }) {
  const { data, problem } = useLoaded((signal) => read(id, signal), [id]);
  return html`<${ProblemNotice} problem=${problem} />${!data && !problem && html`<${Waiting} />`}${data && html`<${Export} first=${data} heading="h2" />`}`;
}

function Exports() {
  const [asked, setAsked] = useState(known);
  const last = useLoaded((signal) => read('last', signal).catch((problem) => { if (problem.status !== 404) throw problem; return { none: true }; }), []);
  useEffect(() => { known = asked; }, [asked]);
  const before = last.data && !last.data.none && !asked.some((it) => it.id === last.data.id) ? [last.data] : [];
  return html`
    ${may('register') && html`<${Run} onAsked=${(made) => setAsked([made, ...asked])} />`}
    <section class="stack" aria-labelledby="exports-so-far">
      <h2 id="exports-so-far">${t('exports.so-far')}</h2>
      <p class="help">${t('exports.schedule')}</p>
      <${ProblemNotice} problem=${last.problem} />
      ${last.loading && !last.data && html`<${Waiting} />`}
      ${last.data && !asked.length && !before.length && html`<p class="card empty">${t('exports.none')}</p>`}
      ${[...asked, ...before].map((it) => html`<${Export} key=${it.id} first=${it} />`)}
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
  const choice = (name, values) => html`
    <fieldset class="field"><legend>${t(`exports.${name}`)}</legend><div class="choice">
      ${['', ...values].map((it) => html`<label key=${it}><input type="radio" name=${name} checked=${wanted[name] === it} onChange=${() => setWanted({ ...wanted, [name]: it })} />${t(`${name}.${it || 'usual'}`)}</label>`)}
    </div></fieldset>`;
  return html`
    <form class="card stack" onSubmit=${run}>
      <h2>${t('exports.run-title')}</h2>
      <p>${t('exports.what')}</p>
      <div class="fields">${choice('scope', ['full', 'changed'])}${choice('encoding', ['utf-8-bom', 'utf-8', 'cp932'])}</div>
      <${ProblemNotice} problem=${problem} />
      <div><button class="button button-primary" type="submit" disabled=${busy}>${t('exports.run')}</button></div>
    </form>`;
}

function Export({ first, heading = 'h3' }) {
  const [it, setIt] = useState(first);
  const [problem, setProblem] = useState(null);
  usePolling(async () => {
    const now = await read(it.id);
    setIt(now);
    known = known.map((other) => (other.id === now.id ? now : other));
    if (now.state !== 'requested') announce(t(`export.${now.state}`));
    return now.state !== 'requested';
  }, it.state === 'requested', [it.id]);
  /** A link is good for five minutes; it is asked for anew when somebody follows it. */
  const fetch = async (name) => {
    setProblem(null);
    try {
      const { files } = await read(it.id);
      save(await fetchLink(files.find((file) => file.name === name)), name, 'application/octet-stream');
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return html`
    <article class="card stack" data-export=${it.state}>
      <div class="row">
        <${heading} class="grow">${moment(it.requested_at)}<span class="sub">${t(`scope.${it.scope}`)} ・ ${t(`encoding.${it.encoding}`)}</span><//>
        ${it.doses !== null && html`<span>${t('exports.doses', { count: number(it.doses) })}</span>`}
        <${Badge} kind=${KINDS[it.state]}>${t(`export.${it.state}`)}<//>
      </div>
      ${it.state === 'requested' && html`<${Progress} label=${t('export.requested')} />`}
      ${it.failure && html`<${Notice} kind="error" title=${said(it.failure)}>${it.failure.detail}<//>`}
      <${ProblemNotice} problem=${problem} />
      ${it.files.length > 0 && html`<ul class="chips" aria-label=${t('exports.files')}>${it.files.map((file) => html`<li key=${file.name}><button class="button button-small" type="button" onClick=${() => fetch(file.name)}>${file.name}</button></li>`)}</ul>`}
    </article>`;
}
