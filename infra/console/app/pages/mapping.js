// Which column of a municipality's own files is which of ours: tried on the beginning of a real file, of which nothing is stored.

import { html, useState, useEffect, Break, Badge, Notice, ProblemNotice, asProblem, announce } from '../ui.js';
import { t, said, clipped, number, currentLanguage } from '../words.js';
import { call } from '../api.js';
import { cells, records } from '../csv.js';
import { fold } from '../coupon.js';

const KINDS = ['residents', 'doses'];
const MOST = 256 * 1024; // bytes of a sample
const EXAMPLES = 3; // rows
const NAME = 60; // letters of a column's name that are shown

export default function Columns({ settings, onSave }) {
  const [kind, setKind] = useState(KINDS[0]);
  return html`
    <fieldset class="choice"><legend class="visually-hidden">${t('files.kind')}</legend>
      ${KINDS.map((it) => html`<label key=${it}><input type="radio" name="kind" checked=${it === kind} onChange=${() => setKind(it)} />${t(`kind.${it}`)}</label>`)}
    </fieldset>
    <${Mapping} key=${kind} kind=${kind} settings=${settings} onSave=${onSave} />`;
}

/** My Numbers are shown nowhere, whatever their column is called; in a file without a header one of them is the name of a column. */
const shown = (value = '', most) => (/^\d{12}$/.test(fold(value)) ? '●'.repeat(12) : clipped(value, most));

const isSame = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

/** The beginning of a file, as the API takes it, and its first rows as they stand. */
async function sampleOf(file) {
  const bytes = new Uint8Array(await file.slice(0, MOST).arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 4096) binary += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return { name: file.name, bytes, sample: btoa(binary), complete: file.size <= MOST };
}

async function exampleRows(bytes, encoding) {
  const text = new TextDecoder(encoding === 'cp932' ? 'shift_jis' : 'utf-8').decode(bytes);
  const spans = await records(text);
  return spans.slice(1, 1 + EXAMPLES).map(([from, until]) => cells(text.slice(from, until)));
}

function Mapping({ kind, settings, onSave }) {
  const [columns, setColumns] = useState(settings.columns[kind]);
  const [sample, setSample] = useState(null);
  const [seen, setSeen] = useState(null);
  const [rows, setRows] = useState([]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const known = settings.known.columns[kind];
  const changed = !isSame(columns, settings.columns[kind]);
  useEffect(() => {
    if (!sample) return undefined;
    let over = false;
    setProblem(null);
    call('POST', '/settings/dry-run', { kind, columns, sample: sample.sample, complete: sample.complete }).then(async ({ data }) => {
      const examples = await exampleRows(sample.bytes, data.encoding);
      if (over) return;
      setSeen({ ...data, tried: columns });
      setRows(examples);
      announce(t('mapping.seen', { rows: number(data.rows), refused: number(data.refused) }));
    }).catch((error) => !over && setProblem(asProblem(error)));
    return () => { over = true; };
  }, [sample, columns]);
  const choose = (found, column) => {
    const { [found]: before, ...rest } = columns;
    setColumns(column && column !== found ? { ...rest, [found]: column } : rest);
  };
  const save = async () => {
    if (!changed) return;
    setBusy(true);
    setProblem(null);
    try {
      await onSave({ columns: { [kind]: columns } });
      announce(t('mapping.saved'));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return html`
    <section class="card stack" aria-labelledby="sample-title">
      <h2 id="sample-title">${t('mapping.sample')}</h2>
      <p>${t('mapping.sample-more')}</p>
      <label class="visually-hidden" for="sample">${t('mapping.sample')}</label>
      <input class="input input-long" id="sample" type="file" accept=".csv,text/csv" onChange=${async (event) => event.target.files[0] && setSample(await sampleOf(event.target.files[0]))} />
    </section>
    <${ProblemNotice} problem=${problem} />
    ${seen ? html`
      <${Verdict} seen=${seen} />
      <${Matched} seen=${seen} columns=${columns} rows=${rows} known=${known} onChoose=${choose} />
      <${Problems} seen=${seen} />` : html`<${InForce} columns=${columns} />`}
    ${(seen || changed) && html`<div class="row"><button class="button button-primary" type="button" disabled=${busy} aria-disabled=${!changed} onClick=${save}>${t('mapping.save')}</button><span class="help">${t(changed ? 'mapping.unsaved' : 'mapping.as-saved')}</span></div>`}`;
}

function InForce({ columns }) {
  const pairs = Object.entries(columns);
  return html`
    <section class="stack" aria-labelledby="force-title">
      <h2 id="force-title">${t('mapping.in-force')}</h2>
      ${!pairs.length ? html`<p class="card empty">${t('mapping.none')}</p>` : html`<ul class="card history">${pairs.map(([theirs, ours]) => html`<li key=${theirs}><bdi>${shown(theirs, NAME)}</bdi> → <strong>${ours}</strong></li>`)}</ul>`}
    </section>`;
}

/** What would become of a file like this. */
function Verdict({ seen }) {
  if (seen.refusal) return html`<${Notice} kind="error" title=${t('mapping.would-be-refused')}>${said(seen.refusal)}${seen.missing.length > 0 && html`<${Break} />${t('mapping.missing')} ${seen.missing.join(t('list.comma'))}`}<//>`;
  return html`<${Notice} kind=${seen.refused ? 'warning' : 'good'} title=${t('mapping.seen', { rows: number(seen.rows), refused: number(seen.refused) })}>${t('mapping.not-stored')}${seen.notices.map((it) => html`<br key=${it.code} />${said(it)} ${t('rows.count', { count: number(it.rows) })}`)}<//>`;
}

function Matched({ seen, columns, rows, known, onChoose }) {
  /** What is chosen, even before it was tried: a second key must not find the first one undone. */
  const chosen = ({ found, column }) => columns[found] ?? (seen.tried[found] ? known.find((ours) => ours.name === found)?.name : column) ?? '';
  const taken = new Set(seen.header.map(chosen).filter(Boolean));
  const nameOf = (it) => (currentLanguage() === 'ja' ? it.name : `${it.name} ${it.name_en}`);
  const understood = (column) => seen.first.slice(0, EXAMPLES).map((row) => row.cells.find((cell) => cell.column === column)?.value ?? '').filter(Boolean);
  return html`
    <div class="table-box" tabindex="0" role="group" aria-label=${t('mapping.columns')}><table>
      <thead><tr><th scope="col">${t('mapping.theirs')}</th><th scope="col">${t('mapping.examples')}</th><th scope="col">${t('mapping.ours')}</th><th scope="col">${t('mapping.understood')}</th></tr></thead>
      <tbody>${seen.header.map((it, at) => html`
        <tr key=${at}>
          <th scope="row" class="wrap"><bdi>${shown(it.found, NAME)}</bdi></th>
          <td class="wrap">${rows.map((row, place) => html`<bdi key=${place} class="sub example">${shown(row[at])}</bdi>`)}</td>
          <td>
            ${it.use === 'passed_over' ? html`<${Badge}>${t('mapping.passed-over')}<//>` : html`
              <select class="input" aria-label=${t('mapping.choose', { column: shown(it.found, NAME) })} aria-invalid=${it.use === 'unknown' ? 'true' : null} value=${chosen(it)} onChange=${(event) => onChoose(it.found, event.target.value)}>
                <option value="">${t('mapping.unknown')}</option>
                ${known.map((ours) => html`<option key=${ours.name} value=${ours.name} selected=${ours.name === chosen(it)} disabled=${taken.has(ours.name) && ours.name !== chosen(it)}>${nameOf(ours)}${ours.required ? ` ${t('mapping.required')}` : ''}</option>`)}
              </select>`}
          </td>
          <td class="wrap">${it.column ? understood(it.column).map((value, place) => html`<bdi key=${place} class="sub example">${shown(value)}</bdi>`) : it.use === 'unknown' && html`<${Badge} kind="bad">${t('mapping.refused')}<//>`}</td>
        </tr>`)}</tbody>
    </table></div>`;
}

function Problems({ seen }) {
  if (!seen.problems.length) return null;
  return html`
    <section class="stack" aria-labelledby="problems-title">
      <h2 id="problems-title">${t('mapping.problems')}</h2>
      <div class="table-box" tabindex="0" role="group" aria-labelledby="problems-title"><table>
        <thead><tr><th scope="col" class="number">${t('rows.line')}</th><th scope="col">${t('mapping.ours')}</th><th scope="col">${t('rows.why')}</th></tr></thead>
        <tbody>${seen.problems.map((it, at) => html`<tr key=${at}><th scope="row" class="number">${number(it.line)}</th><td>${it.column ?? '—'}</td><td class="wrap">${said(it)}</td></tr>`)}</tbody>
      </table></div>
      ${seen.more && html`<p class="help">${t('mapping.more')}</p>`}
    </section>`;
}
