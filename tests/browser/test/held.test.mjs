import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { lineOf, newPage, open, people, protect, read, signIn, tabTo } from '../stack.mjs';
import { browser, stack } from '../world.mjs';
import { undecided } from '../../../infra/console/app/held.js';

const ASKER = '011002';

let guarded;
let other;
let left;
let file;
before(async () => {
  await stack.addTenant(ASKER);
  file = await stack.generate('residents_20210401.csv', '--residents', '200');
  [guarded, other, left] = (await people(file)).filter((person) => person['生年月日'] < '19800101' && person['個人番号']);
  for (const person of [guarded, other, left]) await protect(file, person);
  await stack.upload(file);
  for (const person of [guarded, other]) {
    const recorded = await stack.ask(['doses'], 'POST', '/doses', { line: lineOf(person), given_on: '2021-06-15', product: 'ファイザー', lot: 'EY0779', venue: '第一会場', birth_date: person['生年月日'] });
    assert.ok(recorded.ok);
  }
  // Who holds what is indexed from the table's stream.
  await new Promise((resolve) => setTimeout(resolve, 3000));
});

test('an inquiry about a protected resident is decided by the holder, and the decision stands in its chain', async () => {
  assert.deepEqual(await stack.inquire(ASKER, guarded, 'F-1'), []);
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'approve'] });
  // By keyboard: from the start page to the resident, to the button, through the question.
  await open(page, stack, '');
  await tabTo(page, page.locator('.hand', { hasText: '北海道札幌市から' }));
  await page.keyboard.press('Enter');
  await page.getByText('まだ回答していません').waitFor();
  await tabTo(page, page.getByRole('button', { name: '回答を認める' }));
  await page.keyboard.press('Enter');
  const sure = page.getByRole('dialog');
  await sure.getByText('もう一度照会すると').waitFor();
  await tabTo(page, sure.getByRole('button', { name: '回答を認める' }));
  await page.keyboard.press('Enter');
  await page.getByText('北海道札幌市への回答を認めました').first().waitFor();

  // It is known when somebody comes back, and nothing is left to decide.
  await open(page, stack, '');
  assert.equal(await page.locator('.hand').count(), 0);
  await open(page, stack, `residents/${await stack.residentOf(guarded)}`);
  await page.locator('.badge', { hasText: '北海道札幌市への回答を認めました' }).waitFor();
  assert.equal(await page.getByRole('button', { name: '回答を認める' }).count(), 0);
  assert.equal((await stack.inquire(ASKER, guarded, 'F-2')).length, 1);

  // Every kind of entry is in the log, in words, and its chain holds; a decision that somebody else is said to have made breaks it.
  await signIn(page, stack, { roles: ['inquire', 'approve'] });
  await open(page, stack, 'inquiries/log');
  await page.locator('.badge', { hasText: '回答を認めた' }).waitFor();
  await page.getByText('職員の判断待ち（支援措置あり・不明）').waitFor();
  const check = page.getByRole('button', { name: '改ざんがないか' });
  await check.press('Enter');
  await page.getByText('改ざんは見つかりませんでした（3件）').first().waitFor();
  await page.route(/\/log\?/, async (route) => {
    const response = await route.fetch();
    const log = await response.json();
    for (const entry of log.entries) if (entry.facts.kind === 'released') entry.facts.by = '0'.repeat(22);
    await route.fulfill({ response, json: log });
  });
  await check.press('Enter');
  await page.locator('main [role=alert]', { hasText: '2番の記録が、前の記録または改ざん確認用の値と一致しません' }).waitFor();
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(page.outside, []);
  await page.context().close();
});

test('what was decided is known on whichever page of the inquiries it was held', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'approve'] });
  await page.route(/\/residents\/[^/]+\/inquiries\?/, async (route) => {
    const url = route.request().url();
    const response = await route.fetch({ url: url.replace(/&after=.*/, '') });
    const { inquiries } = await response.json();
    const held = inquiries.find((it) => it.outcome === 'held');
    const others = Array.from({ length: 20 }, (_, at) => ({ ...held, seq: 1000 + at, inquiry: `other-${at}`, asker: '131024', asker_name: '東京都中央区', outcome: 'given' }));
    await route.fulfill({ response, json: url.includes('&after=') ? { inquiries: [held], next: null } : { inquiries: others, next: 'more' } });
  });
  await open(page, stack, `residents/${await stack.residentOf(guarded)}`);
  await page.getByRole('button', { name: 'さらに表示' }).press('Enter');
  await page.getByText('まだ回答していません').waitFor();
  await page.locator('.badge', { hasText: '北海道札幌市への回答を認めました' }).waitFor();
  assert.equal(await page.getByRole('button', { name: '回答を認める' }).count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who may only read sees what was held, and cannot decide', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read'] });
  await open(page, stack, `residents/${await stack.residentOf(guarded)}`);
  await page.getByText('まだ回答していません').waitFor();
  assert.equal(await page.getByRole('button', { name: '回答を認める' }).count(), 0);
  // Where a protected person went is no business of theirs: neither of what was held nor of what was given since.
  assert.equal(await page.getByText('「承認」の役割の職員だけが見られます').count(), 2);
  assert.ok(!/札幌市|011002/.test(await page.locator('main').innerText()));
  await page.context().close();
});

test('who may not approve checks the chain of what is shown, and is told how many entries are not', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['inquire'] });
  await open(page, stack, 'inquiries/log');
  await page.locator('.badge', { hasText: '内容は非表示' }).first().waitFor();
  assert.ok(!/札幌市|011002/.test(await page.locator('main').innerText()));
  const check = page.getByRole('button', { name: '改ざんがないか' });
  await check.press('Enter');
  await page.getByText('改ざんは見つかりませんでした（3件）').first().waitFor();
  await page.getByText('内容を見られない3件').waitFor();
  // One that is left out breaks it all the same.
  await page.route(/\/log\?/, async (route) => {
    const response = await route.fetch();
    const log = await response.json();
    await route.fulfill({ response, json: { ...log, entries: log.entries.filter((it) => it.seq !== 2) } });
  });
  await check.press('Enter');
  await page.locator('main [role=alert]', { hasText: '3番の記録が、前の記録または改ざん確認用の値と一致しません' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who asked with a wrong birth date is told of, and hides nothing that was held before', async () => {
  assert.deepEqual(await stack.inquire(ASKER, other, 'F-3'), []);
  assert.deepEqual(await stack.inquire(ASKER, { ...other, 生年月日: '19011231' }, 'F-4'), []);
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'approve'] });
  await open(page, stack, '');
  await page.locator('.hand', { hasText: '北海道札幌市から' }).press('Enter');
  await page.getByText('生年月日が違ったため').waitFor();
  await page.getByRole('button', { name: '回答を認める' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who moved away without a dose can still be decided about', async () => {
  const [header, ...lines] = (await read(file)).replace(/^\ufeff/, '').trim().split(/\r?\n/);
  const removed = path.join(stack.folder, 'residents_20210402.csv');
  await writeFile(removed, `${header}\r\n${lines.find((it) => it.includes(left['個人番号'])).split(',').with(8, '2').join(',')}\r\n`);
  await stack.upload(removed);
  assert.deepEqual(await stack.inquire(ASKER, left, 'F-5'), []);
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'approve'] });
  await open(page, stack, '');
  // Another inquiry waits beside it.
  const places = await page.locator('.hand', { hasText: '北海道札幌市から' }).evaluateAll((all) => all.map((it) => it.getAttribute('href').slice(2)));
  assert.equal(places.length, 2);
  for (const place of places) {
    await open(page, stack, place);
    if (await page.getByText('台帳から削除されています').count()) break;
  }
  await page.getByText('まだ回答していません').waitFor();
  await page.getByRole('button', { name: '回答を認める' }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: '回答を認める' }).press('Enter');
  await page.locator('.badge', { hasText: '北海道札幌市への回答を認めました' }).waitFor();
  // Of whom nothing is known, there is nothing to decide.
  await page.goto(`${stack.url}/#/residents/${'0'.repeat(22)}`);
  await page.locator('main [role=alert]').waitFor();
  assert.equal(await page.locator('#asked-title').count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('only what was held last, and not decided since, is told', () => {
  const entry = (kind, asker, outcome) => ({ at: '2021-06-01T00:00:00Z', facts: { kind, asker, outcome, resident: 'R' } });
  const told = (...entries) => undecided(entries).map((it) => it.asker);
  assert.deepEqual(told(entry('answered', 'A', 'held'), entry('answered', 'A', 'held'), entry('answered', 'B', 'held')), ['A', 'B']);
  assert.deepEqual(told(entry('released', 'A'), entry('answered', 'A', 'held'), entry('answered', 'B', 'held')), ['B']);
  assert.deepEqual(told(entry('answered', 'A', 'given'), entry('released', 'A'), entry('answered', 'A', 'held')), []);
  assert.deepEqual(told(entry('answered', 'A', 'held'), entry('released', 'A')), ['A']);
  assert.deepEqual(told(entry('answered', 'A', 'no_match'), entry('answered', 'A', 'held')), ['A']);
  assert.deepEqual(told(entry('answered', 'A', 'no_match'), entry('released', 'A'), entry('answered', 'A', 'held')), []);
});
