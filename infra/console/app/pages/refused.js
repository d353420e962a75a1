// The refused rows of a file: each with the cell marked and the reason, mended here or in a spreadsheet, and dropped again.

import { html, useState, useEffect, useMemo, Waiting, Notice, ProblemNotice, asProblem, announce, save } from '../ui.js';
import { t, currentLanguage, number, said } from '../words.js';
import { call } from '../api.js';
import { fetchLink } from '../storage.js';
import { decode, records, cells, write } from '../csv.js';
import { drop, errorsName, mayDrop, placeOf, tookNothing } from '../uploads.js';
import Rows from '../rows.js';

/** What is said above the rows: they are mended alone only beside others that came in. */
const titleOf = (upload) => (tookNothing(upload) ? 'refused.wrong' : upload.kind === 'inquiries' ? 'refused.not-asked' : 'refused.title');
const leadOf = (upload) => {
  if (upload.state === 'held') return 'refused.held';
  if (!tookNothing(upload)) return `refused.lead.${upload.kind}`;
  return upload.file === errorsName(upload) ? 'refused.mended' : `refused.whole.${upload.kind}`;
};

export default function Refused({ upload }) {
  const [file, setFile] = useState(null);
  const [problem, setProblem] = useState(null);
  const link = upload.links.errors;
  useEffect(() => {
    const stop = new AbortController();
    read(upload.kind, link, stop.signal).then((read) => read && setFile(read), (error) => !stop.signal.aborted && setProblem(asProblem(error)));
    return () => stop.abort();
  }, [upload.id]);
  return html`
    <section class="stack" aria-labelledby="refused-title">
      <h2 id="refused-title">${t(titleOf(upload))}</h2>
      <p class="lead">${t(leadOf(upload))}</p>
      <${ProblemNotice} problem=${problem} />
      ${!file && !problem && html`<${Waiting} text=${t('refused.reading')} />`}
      ${file && html`<${Mending} upload=${upload} file=${file} />`}
    </section>`;
}

async function read(kind, link, signal) {
  const [bytes, { data: settings }] = await Promise.all([fetchLink(link, signal), call('GET', '/settings', undefined, { signal })]);
  const text = decode(bytes);
  const spans = await records(text, signal);
  if (!spans.length) return null;
  const at = ([from, until]) => cells(text.slice(from, until));
  const header = at(spans[0]);
  // Reasons name our columns. Inquiries have no others.
  const ours = new Map(Object.entries(settings.columns[kind] ?? {}));
  const columns = header.map((name) => ours.get(name.trim()) ?? name.trim());
  return { bytes, text, header, columns, rows: spans.slice(1), at };
}

/** So many reasons are to choose from at once. */
const FEW = 6;

function Mending({ upload, file }) {
  const [only, setOnly] = useState('');
  const [all, setAll] = useState(upload.refused_by.length <= FEW + 1);
  const isWhole = tookNothing(upload);
  const mayMend = mayDrop(upload.kind) && !isWhole;
  const [mended, setMended] = useState(() => new Map());
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState(null);
  const texts = useMemo(() => new Map(upload.refused_by.map((reason) => [reason.code, reason])), [upload]);
  const shown = useMemo(() => {
    const all = file.rows.map((span, index) => index);
    return only ? all.filter((index) => codesOf(file, index).includes(only)) : all;
  }, [file, only]);
  const mend = (index, column, value) => setMended((before) => {
    const next = new Map(before);
    const { [column]: last, ...others } = before.get(index) ?? {};
    const cells = value === file.at(file.rows[index])[column] ? others : { ...others, [column]: value };
    if (Object.keys(cells).length) next.set(index, cells);
    else next.delete(index); // as it was
    return next;
  });
  const send = async () => {
    setSending(true);
    setProblem(null);
    const rows = [...mended.keys()].sort((a, b) => a - b).map((index) => {
      const row = file.at(file.rows[index]);
      for (const [column, value] of Object.entries(mended.get(index))) row[column] = value;
      return row;
    });
    const blob = new Blob([write([file.header, ...rows])], { type: 'text/csv' });
    blob.name = errorsName(upload);
    try {
      const id = await drop(blob, upload.kind, () => {});
      announce(t('refused.sent'));
      location.assign(placeOf(upload.kind, id));
    } catch (error) {
      const problem = asProblem(error);
      setProblem(problem);
      // What was sent is not sent again before somebody has looked.
      setSending(problem.code === 'UNSEEN');
    }
  };
  return html`
    <div class="row">
      <button class="button" type="button" onClick=${() => save(file.bytes, errorsName(upload))}>${t(isWhole ? 'refused.save' : 'refused.download')}</button>
      ${mayMend && html`<button class="button button-primary" type="button" disabled=${mended.size === 0 || sending} onClick=${send}>${mended.size ? t('refused.send', { count: number(mended.size) }) : t('refused.send-none')}</button>`}
    </div>
    ${problem?.code === 'UNSEEN' ? html`<${Notice} kind="warning" role="alert">${said(problem.words)}<//>` : html`<${ProblemNotice} problem=${problem} />`}
    ${!isWhole && html`<p class="help">${t('refused.how')}</p>`}
    ${upload.refused_by.length > 1 && html`
      <fieldset class="choice"><legend class="visually-hidden">${t('refused.only')}</legend>
        <label><input type="radio" name="only" checked=${only === ''} onChange=${() => setOnly('')} />${t('refused.all', { count: number(file.rows.length) })}</label>
        ${(all ? upload.refused_by : upload.refused_by.slice(0, FEW)).map((reason) => html`<label key=${reason.code}><input type="radio" name="only" checked=${only === reason.code} onChange=${() => setOnly(reason.code)} />${short(said(reason))} ${number(reason.rows)}</label>`)}
        ${!all && html`<button class="button button-small" type="button" onClick=${() => setAll(true)}>${t('refused.others', { count: number(upload.refused_by.length - FEW) })}</button>`}
      </fieldset>`}
    <${Rows} label=${t('refused.table')} header=${file.header.slice(2)} count=${shown.length}
      row=${(place) => rowOf(file, shown[place], texts, mended.get(shown[place]))}
      onMend=${mayMend ? (place, column, value) => mend(shown[place], column + 2, value) : null} language=${currentLanguage()} />`;
}

const codesOf = (file, index) => {
  const [from, until] = file.rows[index];
  const comma = file.text.indexOf(',', from);
  return file.text.slice(from, Math.min(comma < 0 ? until : comma, until)).split(' ');
};

/** What is wrong without what to do, for a button; an English word takes more letters. */
const short = (text) => text.split(/[。．:：(（;]/)[0].split(', and ')[0].slice(0, currentLanguage() === 'ja' ? 22 : 48);

/** A row as it is shown: its line, its reasons, its cells, and which of them are marked. */
function rowOf(file, index, texts, mended) {
  const all = file.at(file.rows[index]);
  const codes = all[0].split(' ').filter(Boolean);
  const places = [...all[1].matchAll(/(\d+)行目(?:「([^」]*)」)?：/g)];
  const columns = file.columns.slice(2);
  const values = all.slice(2).map((value, column) => mended?.[column + 2] ?? value);
  const marked = new Set(places.map((place) => columns.indexOf(place[2])).filter((column) => column >= 0));
  const reasons = currentLanguage() === 'ja'
    ? all[1].split(/(?<!\d)(?=\d+行目(?:「[^」]*」)?：)/).map((it) => it.replace(/\d+行目(「[^」]*」)?：\s*/, '$1 ').trim())
    : codes.map((code, at) => `${places[at]?.[2] ? `${places[at][2]}: ` : ''}${texts.get(code)?.en ?? code}`);
  return { key: index, line: places[0]?.[1] ?? '', reasons, why: reasons.join(currentLanguage() === 'ja' ? ' ' : '; '), values, marked, mended: new Set(Object.keys(mended ?? {}).map((column) => Number(column) - 2)) };
}
