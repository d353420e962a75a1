// Dropping files of some kinds, and following those on their way in.

import { html, useState, useEffect, useRef, Icon, Badge, Notice, Progress, Waiting, ProblemNotice, asProblem, announce } from '../ui.js';
import { usePolling } from '../loading.js';
import { t, said, clipped, date, number, size } from '../words.js';
import { onEnd, onLoss } from '../api.js';
import { asOfDate, decided, drop, isUnderWay, kindOf, nameFor, placeOf, read, shareDone } from '../uploads.js';

const NAME = 100; // letters of a file's name that are shown

/** Files on their way in outlive a look at another page. */
const onTheWay = [];
onEnd(() => { onTheWay.length = 0; });
onLoss('files', () => onTheWay.filter((entry) => ['queued', 'sending'].includes(entry.step)).length);
let nextKey = 1;

/** Whoever shows uploads and wants to hear of a new one. */
const arrivals = new Set();

/** Calls `heard` whenever a file has arrived or ended; answers how to stop that. */
export function onArrival(heard) {
  arrivals.add(heard);
  return () => arrivals.delete(heard);
}

export default function Drop({ kinds }) {
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
      if (!onTheWay.includes(entry)) return; // who dropped it signed out
      await send(entry, redraw);
      redraw();
    }
  };

  const mine = onTheWay.filter((entry) => kinds.includes(entry.kind));
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
      ${mine.length > 0 && html`<ul class="stack" aria-label=${t('files.on-the-way')}>${mine.map((entry) => html`<${OnTheWay} key=${entry.key} entry=${entry} />`)}</ul>`}
    </section>`;
}

async function send(entry, redraw) {
  try {
    const id = await drop(entry.file, entry.kind, (step, share) => {
      Object.assign(entry, { step, share });
      redraw();
    });
    Object.assign(entry, { step: 'arrived', id });
    announce(t('files.arrived', { file: clipped(entry.file.name, NAME) }));
    arrivals.forEach((heard) => heard());
    redraw();
    await decided(id);
  } catch (error) {
    const problem = asProblem(error);
    if (!entry.id) Object.assign(entry, { step: problem.code === 'UNSEEN' ? 'unseen' : 'failed', problem });
  }
}

const KINDS = { failed: 'bad', unseen: 'doubt' };

function OnTheWay({ entry }) {
  const sentAs = nameFor(entry.file, entry.kind);
  const renamed = sentAs !== entry.file.name;
  const asOf = asOfDate(sentAs);
  return html`
    <li class="card stack">
      <div class="row"><strong class="grow wrap"><bdi>${clipped(entry.file.name, NAME)}</bdi><span class="sub">${size(entry.file.size)}${entry.kind === 'residents' && ` ・ ${asOf ? t('files.as-of', { date: date(asOf) }) : t('files.no-as-of')}`}${renamed && html` ・ ${t('files.renamed', { name: sentAs })}`}</span></strong>
        ${entry.step !== 'arrived' && html`<${Badge} kind=${KINDS[entry.step] ?? 'busy'}>${t(`step.${entry.step}`)}<//>`}</div>
      ${['sending', 'arriving'].includes(entry.step) && html`<${Progress} label=${t(`step.${entry.step}`)} share=${entry.share} />`}
      ${entry.step === 'failed' && html`<${ProblemNotice} problem=${entry.problem} />`}
      ${entry.step === 'unseen' && html`<${Notice} kind="warning" role="alert">${said(entry.problem.words)}<//>`}
      ${entry.id && html`<${Following} id=${entry.id} kind=${entry.kind} />`}
    </li>`;
}

/** A file that arrived, followed in small until it has ended. */
function Following({ id, kind }) {
  const [upload, setUpload] = useState(null);
  const ask = async () => {
    const data = await read(id);
    setUpload(data);
    if (!isUnderWay(data)) arrivals.forEach((heard) => heard());
    return !isUnderWay(data);
  };
  const unseen = usePolling(ask, !upload || isUnderWay(upload), [id]);
  if (!upload) return unseen ? html`<${ProblemNotice} problem=${unseen} />` : html`<${Waiting} text=${t('step.arriving')} />`;
  return html`
    <div class="stack">
      <${ProblemNotice} problem=${unseen} />
      ${!unseen && isUnderWay(upload) && html`<${Progress} label=${said(upload.state_text)} share=${shareDone(upload)} />`}
      <div class="row"><${Badge} kind=${kindOf(upload.state)}>${said(upload.state_text)}<//>
        <span class="grow">${t('files.rows-in', { count: number(upload.rows.in) })}${upload.rows.refused > 0 && html` ・ <strong>${t('files.rows-refused', { count: number(upload.rows.refused) })}</strong>`}</span>
        <a class="button button-small" href=${placeOf(kind, id)}>${t('files.open')}</a></div>
    </div>`;
}
