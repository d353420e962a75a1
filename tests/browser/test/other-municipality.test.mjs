// Ids of another municipality, typed into the address bar, say what ids say that never were.

import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import { newPage, open, people, signIn } from '../stack.mjs';
import { browser, stack } from '../world.mjs';
import { today } from '../../../infra/console/app/words.js';

const OTHER = '011002';
const ROLES = ['read', 'register', 'doses', 'inquire', 'approve'];
/** As ids are made, and none of them ever was. */
const NO_UUID = '01890000-0000-7000-8000-000000000000';
const NO_RESIDENT = 'AAAAAAAAAAAAAAAAAAAAAA';

/** What there is in the other municipality. */
let theirs;
before(async () => {
  await stack.addTenant(OTHER);
  await stack.vrs('generate', '--tenant', OTHER, '--seed', '2', '--residents', '100', '--out', 'residents_20210401.csv');
  await stack.vrs('upload', 'residents_20210401.csv', '--tenant', OTHER, '--api', stack.url, '--s3', stack.s3);
  const [person, second] = (await people(path.join(stack.folder, 'residents_20210401.csv'))).filter((it) => it['生年月日'] < '19800101' && it['個人番号']);
  const ask = async (...request) => {
    const answer = await stack.askAs(OTHER, ROLES, ...request);
    const told = await answer.json();
    assert.ok(answer.ok || told.code === 'DOSE_CONFLICT', JSON.stringify(told));
    return told;
  };
  // Two for one number, and the second of somebody without a first.
  for (const [it, dose, lot] of [[person, 1, 'EY0779'], [person, 1, 'FA4597'], [second, 2, 'EY0779']]) {
    await ask('POST', '/doses', { line: `2${dose}${OTHER}${it['券番号']}`, given_on: '2021-07-06', product: 'ファイザー', lot, venue: '第一会場', birth_date: it['生年月日'] });
  }
  const form = { basis: 'CONSENT', purpose: 'VACCINATION', programmes: 'COVID19', evidence_number: 'F-1', signed_on: today(), scan_sha256: '0'.repeat(64) };
  const consent = await ask('POST', '/consents', { ...form, my_number: person['個人番号'], birth_date: person['生年月日'] });
  const made = await ask('POST', '/exports', {});
  const { uploads } = await ask('GET', '/uploads');
  const dosesOf = async (it) => {
    const { residents } = await ask('POST', '/residents/search', { coupon: it['券番号'] });
    return { id: residents[0].id, ...(await ask('GET', `/residents/${residents[0].id}/doses`)) };
  };
  const [held, doubtful] = [await dosesOf(person), await dosesOf(second)];
  theirs = { upload: uploads[0].id, resident: held.id, consent: consent.id, export: made.id, conflict: `${held.id}/${held.newcomers[0].id}`, review: `${doubtful.id}/${doubtful.doses[0].id}`, names: [person['氏名'], person['氏名カナ'], person['券番号'], person['個別宛名番号']] };
});

test('ids of another municipality say what ids say that never were', { timeout: 120_000 }, async () => {
  const [own, foreign] = [await newPage(browser), await newPage(browser)];
  await signIn(own, stack, { tenant: OTHER });
  await signIn(foreign, stack);
  const says = async (page, hash) => {
    await open(page, stack, hash);
    await page.locator('main [role=alert]').first().waitFor();
    return (await page.locator('main').textContent()).trim();
  };
  for (const [real, never] of [
    [`files/${theirs.upload}`, `files/${NO_UUID}`],
    [`inquiries/file/${theirs.upload}`, `inquiries/file/${NO_UUID}`],
    [`residents/${theirs.resident}`, `residents/${NO_RESIDENT}`],
    [`inquiries/basis/${theirs.consent}`, `inquiries/basis/${NO_UUID}`],
    [`exports/${theirs.export}`, `exports/${NO_UUID}`],
    [`checks/conflict/${theirs.conflict}`, `checks/conflict/${NO_RESIDENT}/${NO_UUID}`],
    [`checks/review/${theirs.review}`, `checks/review/${NO_RESIDENT}/${NO_UUID}`],
  ]) {
    // To its own municipality it says something: the id is a true one.
    await open(own, stack, real);
    assert.equal(await own.locator('main [role=alert]').count(), 0, real);
    const told = await says(foreign, real);
    assert.equal(told, await says(foreign, never), real);
    assert.deepEqual(theirs.names.filter((name) => told.includes(name)), []);
  }
  assert.deepEqual([...own.complaints, ...foreign.complaints], []);
  await own.context().close();
  await foreign.context().close();
});
