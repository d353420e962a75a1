// Files: drop, follow, history; one file under its id.

import { html, useState, useEffect, useRef, Page, Icon, Badge, Notice, Waiting, ProblemNotice, asProblem, announce, usePolling } from '../ui.js';
import { t, said, number, moment, size } from '../words.js';
import { call, may } from '../api.js';
import { to } from '../router.js';
import { decided, drop, isUnderWay, kindOf, nameFor } from '../uploads.js';
import File from './file.js';

/** What may be dropped, and who may drop it. */
const KINDS = { residents: ['register'], doses: ['register', 'doses'] };
const mine = () => Object.keys(KINDS).filter((kind) => may(...KINDS[kind]));
/** Files on their way in outlive a look at another page. */
const onTheWay = [];
let nextKey = 1;

export default ({ route }) => (route[0] ? html`<${File} id=${route[0]} />` : html`<${Files} />`);

function Files() {
  return html`
    <${Page} title=${t('files.title')} lead=${t('files.lead')}>
      ${mine().length > 0 && html`<${Drop} kinds=${mine()} />`}
      <${History} />
    <//>`;
}

function Drop({ kinds }) {
  const [, draw] = useState(0);
  const [kind, setKind] = useState(kinds[0]);
  const [over, setOver] = useState(false);
  const input = useRef();
  const mounted = useRef(true);
  useEffect(() => () => { mounted.current = false; }, []);
  const redraw = () => mounted.current && draw((count) => count + 1);

  // One after the other and the oldest name first: a register of yesterday must not come behind that of today.
  const take = async (files) => {
    const sorted = [...files].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    const entries = sorted.map((file) => ({ key: nextKey++, file, kind, step: 'queued', share: 0 }));
    onTheWay.unshift(...entries);
    redraw();
    for (const entry of entries) {
      await send(entry, redraw);
      redraw();
    }
  };

  return html`
    <section class="stack" aria-labelledby="drop-title">
      <h2 id="drop-title" class="visually-hidden">${t('files.drop')}</h2>
      <div class=${`drop ${over ? 'drop-over' : ''}`}
        onDragOver=${(event) => { event.preventDefault(); setOver(true); }}
        onDragLeave=${() => setOver(false)}
        onDrop=${(event) => { event.preventDefault(); setOver(false); take(event.dataTransfer.files); }}>
        <${Icon} name="drop" />
        ${kinds.length > 1 && html`<fieldset class="choice"><legend class="visually-hidden">${t('files.kind')}</legend>
          ${kinds.map((it) => html`<label key=${it}><input type="radio" name="kind" value=${it} checked=${it === kind} onChange=${() => setKind(it)} />${t(`kind.${it}`)}</label>`)}
        </fieldset>`}
        <strong>${t('files.drop-here')}</strong>
        <input ref=${input} hidden id="file-input" type="file" multiple accept=".csv,text/csv"
          onChange=${(event) => { take([...event.target.files]); event.target.value = ''; }} />
        <button class="button button-primary" type="button" onClick=${() => input.current.click()}>${t('files.choose')}</button>
        <p class="help">${t('files.help')} ${t(`files.help-${kind}`)}</p>
      </div>
      ${onTheWay.length > 0 && html`<ul class="stack" aria-label=${t('files.on-the-way')}>${onTheWay.map((entry) => html`<${OnTheWay} key=${entry.key} entry=${entry} />`)}</ul>`}
    </section>`;
}

/** Whoever shows uploads and wants to hear of a new one. */
const arrivals = new Set();

async function send(entry, redraw) {
  try {
    const id = await drop(entry.file, entry.kind, (step, share) => {
      Object.assign(entry, { step, share });
      redraw();
    });
    Object.assign(entry, { step: 'arrived', id });
    announce(t('files.arrived', { file: entry.file.name }));
    arrivals.forEach((heard) => heard());
    redraw();
    await decided(id);
  } catch (error) {
    Object.assign(entry, entry.id ? {} : { step: 'failed', problem: asProblem(error) });
  }
}

function OnTheWay({ entry }) {
  const sentAs = nameFor(entry.file, entry.kind);
  const renamed = sentAs !== entry.file.name;
  return html`
    <li class="card stack">
      <div class="row"><strong class="grow wrap"><bdi>${entry.file.name}</bdi><span class="sub">${size(entry.file.size)}${renamed && html` ・ ${t('files.renamed', { name: sentAs })}`}</span></strong>
        ${entry.step === 'failed' ? html`<${Badge} kind="bad">${t('files.failed')}<//>` : entry.step !== 'arrived' && html`<${Badge} kind="busy">${t(`step.${entry.step}`)}<//>`}</div>
      ${entry.step === 'sending' && html`<progress max="1" value=${entry.share} aria-label=${t('step.sending')}></progress>`}
      ${entry.problem && html`<${ProblemNotice} problem=${entry.problem} />`}
      ${entry.id && html`<${Following} id=${entry.id} />`}
    </li>`;
}

/** A file that arrived, followed in small until it has ended. */
function Following({ id }) {
  const [upload, setUpload] = useState(null);
  const ask = async () => {
    const { data } = await call('GET', `/uploads/${id}`);
    setUpload(data);
    if (!isUnderWay(data)) arrivals.forEach((heard) => heard());
    return !isUnderWay(data);
  };
  usePolling(ask, !upload || isUnderWay(upload), [id]);
  if (!upload) return html`<${Waiting} text=${t('step.arriving')} />`;
  const share = upload.chunks.total ? upload.chunks.done / upload.chunks.total : 0;
  return html`
    <div class="stack">
      ${isUnderWay(upload) && html`<progress max="1" value=${upload.state === 'loading' ? share : undefined} aria-label=${said(upload.state_text)}></progress>`}
      <div class="row"><${Badge} kind=${kindOf(upload.state)}>${said(upload.state_text)}<//>
        <span class="grow">${t('files.rows-in', { count: number(upload.rows.in) })}${upload.rows.refused > 0 && html` ・ <strong>${t('files.rows-refused', { count: number(upload.rows.refused) })}</strong>`}</span>
        <a class="button button-small" href=${to('files', id)}>${t('files.open')}</a></div>
    </div>`;
}

function History() {
  const [pages, setPages] = useState([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const fetchPage = async (after) => (await call('GET', `/uploads?limit=20${after ? `&after=${encodeURIComponent(after)}` : ''}`)).data;
  const first = async () => {
    try {
      const page = await fetchPage();
      setPages((before) => [page, ...before.slice(1)]);
      setProblem(null);
      return !page.uploads.some(isUnderWay);
    } catch (error) {
      setProblem(asProblem(error));
      return true;
    }
  };
  useEffect(() => {
    first();
    arrivals.add(first);
    return () => arrivals.delete(first);
  }, []);
  const uploads = pages.flatMap((page) => page.uploads);
  const unique = uploads.filter((it, at) => uploads.findIndex((other) => other.id === it.id) === at);
  usePolling(first, unique.slice(0, 20).some(isUnderWay), []);
  const next = pages.at(-1)?.next;
  const more = async () => {
    setBusy(true);
    try {
      const page = await fetchPage(next);
      setPages((before) => [...before, page]);
      announce(t('files.more-shown', { count: page.uploads.length }));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return html`
    <section class="stack" aria-labelledby="history-title">
      <h2 id="history-title">${t('files.history')}</h2>
      <${ProblemNotice} problem=${problem} />
      ${!pages.length && !problem && html`<${Waiting} />`}
      ${pages.length > 0 && (unique.length === 0 ? html`<p class="card empty">${t('files.none')}</p>` : html`
        <div class="table-box" tabindex="0" role="group" aria-labelledby="history-title"><table>
          <thead><tr><th scope="col">${t('files.file')}</th><th scope="col">${t('files.state')}</th><th scope="col" class="number">${t('rows.in')}</th><th scope="col" class="number">${t('rows.refused')}</th><th scope="col">${t('files.dropped-at')}</th></tr></thead>
          <tbody>${unique.map((it) => html`
            <tr key=${it.id}>
              <th scope="row" class="wrap"><a href=${to('files', it.id)}><bdi>${it.file}</bdi></a><span class="sub">${t(`kind.${it.kind}`)} ・ ${size(it.size)}</span></th>
              <td><${Badge} kind=${kindOf(it.state)}>${said(it.state_text)}<//></td>
              <td class="number">${number(it.rows.in)}</td>
              <td class="number">${it.rows.refused > 0 ? html`<strong>${number(it.rows.refused)}</strong>` : '0'}</td>
              <td class="nowrap">${moment(it.dropped_at)}</td>
            </tr>`)}</tbody>
        </table></div>`)}
      ${next && html`<p><button class="button" type="button" disabled=${busy} onClick=${more}>${t('more')}</button></p>`}
    </section>`;
}
