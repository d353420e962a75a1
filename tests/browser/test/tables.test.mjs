// The console has a few tables of the domain beside it; each is held to where the functions have theirs from.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { BASES } from '../../../infra/console/app/bases.js';
import { COLUMNS } from '../../../infra/console/app/inquiry-columns.js';
import { makerOf, VACCINES } from '../../../infra/console/app/vaccines.js';
import { en, ja } from '../texts.mjs';

const SHARED = new URL('../../../shared/', import.meta.url);
const source = (name) => readFile(new URL(name, SHARED), 'utf8');

/** A table of the domain, each line by its columns. */
async function table(name) {
  const lines = (await source(`domain/data/${name}.csv`)).split('\n').filter((line) => line && !line.startsWith('#'));
  const [header, ...rows] = lines.map((line) => line.split(','));
  return rows.map((cells) => Object.fromEntries(header.map((column, at) => [column, cells[at]])));
}

test('legal bases are those of the law as it is read now', async () => {
  const now = (await table('bases')).filter((basis) => !basis.until);
  assert.deepEqual(BASES, now.map((basis) => ({
    code: basis.code, scan: basis.evidence === 'SCANNED_FORM', second: basis.second_person === 'yes', purposes: basis.purposes.split(' '),
  })));
  for (const basis of now) {
    assert.equal(ja[`basis.${basis.code}`], basis.ja);
    assert.equal(en[`basis.${basis.code}`].toLowerCase(), basis.en);
    for (const purpose of basis.purposes.split(' ')) assert.ok(ja[`purpose.${purpose}`], purpose);
  }
});

test('vaccines to choose from are all there are, by the names that the API reads', async () => {
  const products = await table('products');
  assert.deepEqual(VACCINES, products.map((product) => product.maker));
  for (const { product, maker } of products) assert.equal(makerOf(product), maker);
  for (const { programme: code } of await table('programmes')) for (const texts of [ja, en]) assert.ok(texts[`programme.${code}`], code);
});

test('the columns of a file of inquiries are those of its layout, in its order', async () => {
  const layout = await source('layouts/src/inquiries/columns.rs');
  const part = (name, until) => layout.slice(layout.indexOf(name), layout.indexOf(until, layout.indexOf(name)));
  const names = [...part('fn name', '\n    }').matchAll(/Self::(\w+) => "([^"]+)"/g)];
  const required = [...part('fn is_required', '\n    }').matchAll(/Self::(\w+)/g)].map((it) => it[1]);
  assert.ok(names.length > 5 && required.length > 2, 'the source is not as this test reads it');
  assert.deepEqual(COLUMNS.map((column) => column.name), names.map((it) => it[2]));
  for (const [, variant, name] of names) if (required.includes(variant)) assert.ok(COLUMNS.find((it) => it.name === name).required, name);
});

test('every word that the functions may answer has its text', async () => {
  /** The words of a list, as its `words!` has them. */
  const words = async (file, name) => {
    const text = await source(file);
    const at = text.indexOf(`words!(${name} {`);
    assert.ok(at >= 0, `${name} is not where this test reads it`);
    return [...text.slice(at, text.indexOf('});', at)).matchAll(/\w+ = "([^"]+)"/g)].map((it) => it[1]);
  };
  const log = await source('store/src/inquiry/log_event.rs');
  const kinds = log.slice(log.indexOf('fn kind('), log.indexOf('fn facts(&self) -> Vec'));
  const outcomes = await words('store/src/inquiry/log_event.rs', 'HolderOutcome');
  const states = await words('domain/src/consent.rs', 'ConsentState');
  const lists = await words('store/src/dose/lists.rs', 'DoseList');
  const said = {
    log: [...kinds.matchAll(/=> "(\w+)"/g)].map((it) => it[1]),
    asked: outcomes,
    told: outcomes,
    'basis-state': [...states, ...states.map((it) => `${it}-more`)],
    purpose: await words('domain/src/basis.rs', 'Purpose'),
    act: await words('store/src/dose/entry.rs', 'DoseAct'),
    settled: await words('store/src/dose/mod.rs', 'Settled'),
    outcome: await words('store/src/dose/memory.rs', 'RememberedKind'),
    'dose-state': await words('domain/src/dose/record.rs', 'DoseState'),
    list: ['', '-more', '-why'].flatMap((end) => lists.map((it) => it + end)),
    kind: await words('domain/src/upload.rs', 'FileKind'),
    origin: await words('domain/src/export.rs', 'ExportOrigin'),
    scope: await words('domain/src/export.rs', 'ExportScope'),
    export: await words('domain/src/export.rs', 'ExportState'),
  };
  for (const [begun, all] of Object.entries(said)) {
    assert.ok(all.length > 1, begun);
    for (const word of all) for (const texts of [ja, en]) assert.ok(texts[`${begun}.${word}`], `${begun}.${word}`);
  }
});
