import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { cells, harmless, records, write } from '../../../infra/console/app/csv.js';
import { asOfDate, nameFor } from '../../../infra/console/app/uploads.js';
import { en, ja, OF_FILES } from '../texts.mjs';

const APP = new URL('../../../infra/console/app/', import.meta.url);

async function sources(folder = APP) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const at = new URL(`${entry.name}${entry.isDirectory() ? '/' : ''}`, folder);
    if (entry.isDirectory()) found.push(...(await sources(at)));
    else if (!at.pathname.includes('/texts/')) found.push([at.pathname, await readFile(at, 'utf8')]);
  }
  return found;
}

test('both languages say the same things', () => {
  for (const [name, [its, others]] of Object.entries(OF_FILES)) assert.deepEqual(Object.keys(others).sort(), Object.keys(its).sort(), name);
  const keys = Object.values(OF_FILES).flatMap(([its]) => Object.keys(its));
  assert.deepEqual(keys.filter((key, at) => keys.indexOf(key) !== at), [], 'said in two files');
  for (const [key, text] of Object.entries(ja)) {
    const holes = (of) => [...of.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort();
    assert.deepEqual(holes(en[key]), holes(text), key);
    assert.ok(text.trim() && en[key].trim(), key);
  }
});

test('English says one row, and two rows', async () => {
  const { setLanguage, t } = await import('../../../infra/console/app/words.js');
  await setLanguage('en').catch(() => {}); // there is no document to be marked
  const said = (key, count) => t(key, { count });
  assert.deepEqual([0, 1, 2, '1', '1,000'].map((count) => said('rows.count', count)), ['0 rows', '1 row', '2 rows', '1 row', '1,000 rows']);
  assert.equal(said('start.conflict', 1), 'A dose is in conflict');
  assert.equal(said('start.conflict', 2), 'Doses are in conflict');
  // A number is never followed by a word in the plural alone.
  for (const [key, text] of Object.entries(en)) {
    const alone = text.match(/\{\w+\} (?:[a-z]+ )?(?:rows|doses|residents|entries|files|are|were)\b/g)?.filter((it) => !/\{(?:register|most|share)\}/.test(it));
    assert.ok(!alone?.length, `${key}: ${alone}`);
  }
});

/** The keys that a source names, of those there are: as they are, or as a template that begins and ends as they do. */
function keysIn(source) {
  const named = new Set([...source.matchAll(/\bt\(\s*'([^']+)'|'([a-z-]+\.[\w.-]+)'/g)].map((it) => it[1] ?? it[2]));
  const made = [...source.matchAll(/`([a-z-]+\.[\w.-]*)\$\{[^`{}]*\}([\w.-]*)`/g)].map((it) => [it[1], it[2]]);
  return Object.keys(ja).filter((key) => named.has(key) || made.some(([start, end]) => key.startsWith(start) && key.slice(start.length).endsWith(end)));
}

test('every text that a page names is there, and none is left over', async () => {
  const all = (await sources()).map(([, text]) => text).join('\n');
  for (const [, key] of all.matchAll(/\bt\(\s*'([^']+)'/g)) assert.ok(key in ja, key);
  const said = new Set(keysIn(all));
  for (const key of Object.keys(ja)) assert.ok(said.has(key), `${key} is said nowhere`);
});

test('whatever a page and its parts say comes with it, on every way to it', async () => {
  const parts = new Map(await sources());
  const around = (path, found) => new URL(found, new URL(path, APP)).pathname;
  /** A module and all that are loaded before it, texts among them. */
  const closure = (path, seen = new Set()) => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const [, found] of (parts.get(path) ?? '').matchAll(/^import [^;]*'(\.[^']+)';/gm)) closure(around(path, found), seen);
    return seen;
  };
  const main = new URL('main.js', APP).pathname;
  // What is not loaded from the beginning.
  const later = [...parts].flatMap(([path, text]) => [...text.matchAll(/\bimport\('(\.[^']+)'\)/g)].map((it) => around(path, it[1]))).filter((path) => parts.has(path));
  assert.ok(later.length > 8, `${later}`);
  for (const begin of [main, ...later]) {
    const all = [...closure(begin)];
    const there = new Set(['ja.js', ...all.filter((path) => path.includes('/texts/')).map((path) => path.split('/').at(-1))].flatMap((name) => Object.keys(OF_FILES[name][0])));
    for (const path of all) assert.deepEqual(keysIn(parts.get(path) ?? '').filter((key) => !there.has(key)), [], `${path}, as part of ${begin}`);
  }
});

test('no text of a language stands in a page', async () => {
  for (const [path, text] of await sources()) {
    if (/\/(vaccines|inquiry-columns)\.js$/.test(path)) continue; // names that files have
    const code = text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*\*[\s\S]*?\*\//g, '').replace(/ \/\/ .*$/gm, '');
    const japanese = code.match(/[ぁ-んァ-ヴ一-龠]{2,}/g)?.filter((it) => !['行目'].includes(it)) ?? []; // as errors.csv says it
    assert.deepEqual(japanese, [], path);
    // Neither between the tags of a template, nor in what a person has read to them, nor in a pair of both languages.
    const tagged = [...code.matchAll(/(?<=["\w}/])>([^<>$`{}=;]*[A-Za-z]{2,}[^<>$`{}]*)</g)].map((it) => it[1]).filter((it) => it !== 'Alt+');
    assert.deepEqual(tagged, [], path);
    assert.deepEqual(code.match(/(?:aria-label|title|placeholder|alt)="[^"$]+"|\ben:\s*['"`]/g) ?? [], [], path);
  }
});

test('records are found and written as they were', async () => {
  const rows = [['a', 'b'], ['1,2', 'x"y'], ['line\r\nend', ''], ['', 'あ']];
  const text = write(rows);
  const spans = await records(text);
  assert.deepEqual(spans.map(([from, until]) => cells(text.slice(from, until))), rows);
});

test('what people open in a spreadsheet is no formula', () => {
  for (const bad of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1']) assert.equal(harmless(bad), `'${bad}`);
  for (const good of ['EY0779', '2021-06-15', '札幌市', '']) assert.equal(harmless(good), good);
});

test('a file gets a name that tells nothing and keeps its date', () => {
  const named = (name) => nameFor({ name }, 'residents');
  assert.equal(named('residents_20210401.csv'), 'residents_20210401.csv');
  assert.equal(named('住民データ_２０２１０４０１.csv'), 'residents_20210401.csv');
  assert.equal(named('台帳 2021-04-01.csv'), 'residents_20210401.csv');
  assert.equal(named('山田 花子.csv'), 'residents.csv');
  // A My Number, and digits that are none.
  assert.equal(named('983205673214.csv'), 'residents.csv');
  assert.equal(named('983205673214_20210401.csv'), 'residents_20210401.csv');
  assert.equal(named('983205673215_errors.csv'), '983205673215_errors.csv');
  assert.equal(named('9832056732140.csv'), '9832056732140.csv');
});

test('the as-of date of a register is found wherever it stands in the name', () => {
  const named = (name, kind = 'residents') => nameFor({ name }, kind);
  const dated = ['juki20210401', '20210401', '20210401_juki', 'juki_2021-04-01', 'juki-2021.4.1', 'juki_20210401123000', 'juki_R3.4.1', '住民_令和3年4月1日', '住民_令和３年０４月０１日', '2021年4月1日', '住民（2021_4_1）', 'residents_20210401 (1)'];
  for (const name of dated) {
    assert.equal(named(`${name}.csv`), 'residents_20210401.csv', name);
    assert.equal(asOfDate(`${name}.csv`), '2021-04-01', name);
  }
  assert.equal(named('令和元年5月1日.csv'), 'residents_20190501.csv');
  for (const name of ['juki_20210401.csv', 'JUKI_20210401.CSV', '20210331_juki_20210401.csv', 'juki_20210401_errors.csv', 'juki20210401_errors.csv', 'juki_R3.4.1_errors.csv']) {
    assert.equal(named(name), name);
    assert.equal(asOfDate(name), '2021-04-01', name);
  }
  // No day of the calendar.
  for (const name of ['juki.csv', 'juki_20211301.csv', 'juki_20210230.csv', 'juki123456789012.csv']) {
    assert.equal(named(name), name);
    assert.equal(asOfDate(name), null, name);
  }
  // Two venues of one day stay two files.
  assert.equal(named('venue1_2021-06-01.csv', 'doses'), 'venue1_2021-06-01.csv');
});

test('no element of a template is without a value: the template would keep it, and with it the page that it was in', async () => {
  for (const [path, text] of await sources()) {
    const kept = text.match(/<([a-z]\w*)[^<>$]*\/>|<([a-z]\w*)[^<>$]*>[^<>$]*<\/\2>/g) ?? [];
    assert.deepEqual(kept, [], path);
  }
});
