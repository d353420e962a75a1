import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { newPage, open, signIn, tabTo } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

before(async () => {
  await stack.upload(await stack.generate('residents_20210401.csv', '--residents', '200'));
});

test('a file of doses is dropped, and what needs a decision is one step away', async () => {
  const doses = await stack.generate('doses_20210601.csv', '--residents', '200', '--doses', '120', '--defects', '6');
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'files');
  await page.getByLabel('接種記録').focus();
  await page.keyboard.press('Space');
  await page.locator('#file-input').setInputFiles(doses);
  await page.getByRole('link', { name: '結果を見る' }).press('Enter', { timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  const told = Object.fromEntries(await page.locator('.legend li').evaluateAll((items) => items.map((it) => [it.querySelector('.legend-name').textContent, Number(it.querySelector('.legend-value').textContent.replace(/,/g, ''))])));
  const rows = Number((await page.locator('#rows-title').textContent()).replace(/\D/g, ''));
  assert.equal(Object.values(told).reduce((sum, value) => sum + value, 0), rows);
  assert.ok(told['記録'] > 50 && told['要確認'] + told['食い違い'] + told['住民の登録待ち'] > 0, JSON.stringify(told));

  // The start page counts them, and leads to them.
  await open(page, stack, '');
  const hand = page.locator('.hand', { hasText: '接種があります' }).first();
  const count = await hand.locator('.hand-count').textContent();
  await hand.press('Enter');
  await page.locator('.tabs [aria-current] .count', { hasText: count }).waitFor();
  await page.locator('tbody tr').first().waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('an export is asked for, followed and saved, and stands in the list for whoever comes later', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'exports');
  await page.getByText(/次の自動の書き出しは .*0?2:00 です/).waitFor();
  for (const [at, state] of ['まだ書き出していません', '手動'].entries()) {
    await page.getByText(state).first().waitFor();
    await tabTo(page, page.getByRole('button', { name: '書き出す' }));
    await page.keyboard.press('Enter');
    await page.locator('[data-export="published"]').nth(at).waitFor({ timeout: 60_000 });
  }
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: /ledger.*\.csv/ }).first().press('Enter');
  const text = await readFile(await (await saving).path(), 'utf8');
  assert.match(text, /個別宛名番号,1回目接種履歴登録日時/);
  const other = await newPage(browser);
  await signIn(other, stack, { roles: ['read'] });
  await open(other, stack, 'exports');
  await other.locator('[data-export="published"]').nth(1).waitFor();
  // Files of the last one are in sight, those of others a step away.
  assert.deepEqual(await other.locator('[data-export] details').evaluateAll((all) => all.map((it) => it.open)), [true, false]);
  assert.equal(await other.getByRole('button', { name: '書き出す' }).count(), 0);
  assert.deepEqual([...page.complaints, ...other.complaints], []);
  await page.context().close();
  await other.context().close();
});

const FAILURE = { code: 'RECORDS_DIFFER', ja: '件数の記録と一致しないため、出力しませんでした。', en: 'what was read does not agree with the counts', detail: 'read 12, counted 13' };

/** Answers the list of exports with these, the newest first, each as many minutes old as it says. */
async function exportsAre(page, ...exports) {
  const usual = { origin: 'nightly', scope: 'full', encoding: 'utf-8', doses: null, failure: null, files: [] };
  const json = { next: null, next_nightly: '2026-11-27T17:00:00Z', exports: exports.map(({ minutes, ...it }, at) => {
    const requested_at = new Date(Date.now() - minutes * 60_000).toISOString();
    return { ...usual, id: `01890000-0000-7000-8000-00000000000${at}`, requested_at, moved_at: requested_at, ...it };
  }) };
  await page.unroute(/\/exports(\?|$)/);
  await page.route(/\/exports(\?|$)/, (route) => route.fulfill({ json }));
  await page.unroute(/\/exports\/0189/);
  await page.route(/\/exports\/0189/, (route) => route.fulfill({ json: json.exports.find((it) => route.request().url().endsWith(it.id)) }));
}

test('what staff put right themselves is said in their language', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const failure = { ja: '番号を書けません。', en: 'a number cannot be written' };
  await exportsAre(page, { state: 'failed', minutes: 1, failure: { ...failure, code: 'NUMBER_NOT_ENCODABLE', detail: 'line 1234' } },
    { state: 'failed', minutes: 2, failure: { ...failure, code: 'RECORDS_MOVING', detail: 'up to 3 times at each attempt' } });
  await open(page, stack, 'exports');
  const notices = page.locator('[data-export="failed"] .notice-text');
  await notices.nth(1).waitFor();
  const told = await notices.allTextContents();
  assert.deepEqual(told, ['番号を書けません。予防接種台帳向けの CSV の1,234行目にあたる番号です。', '番号を書けません。']);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('each export says how it ended; what failed says why, what does not end what to do', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await exportsAre(page, { state: 'requested', minutes: 1, origin: 'asked' }, { state: 'requested', minutes: 31 }, { state: 'failed', minutes: 1500, failure: FAILURE }, { state: 'published', minutes: 3000, doses: 12 });
  await open(page, stack, 'exports');
  const [running, stuck, failed, published] = await page.locator('[data-export]').all();
  await running.locator('progress').waitFor();
  assert.match(await running.textContent(), /手動.*作っています/);
  assert.equal(await stuck.locator('progress').count(), 0);
  assert.match(await stuck.textContent(), /夜間.*まだ終わっていません.*もう一度書き出してください.*運用者に連絡/);
  assert.match(await failed.textContent(), /夜間.*できませんでした.*一致しないため.*運用者に伝える内容：read 12, counted 13/);
  assert.match(await published.textContent(), /接種 12件.*できました/);
  // Nothing moves while nobody can see whether it does.
  const lost = /\/exports\/0189/;
  const refuse = (route) => route.fulfill({ status: 403, json: {} });
  await page.route(lost, refuse);
  await running.getByRole('alert').waitFor({ timeout: 20_000 });
  assert.equal(await running.locator('progress').count(), 0);
  await page.unroute(lost, refuse);
  await running.locator('progress').waitFor({ timeout: 20_000 });
  assert.equal(await running.getByRole('alert').count(), 0);
  // What ends meanwhile says so where it stands.
  await exportsAre(page, { state: 'failed', minutes: 1, origin: 'asked', failure: FAILURE }, { state: 'published', minutes: 31, doses: 12 });
  await page.locator('[data-export="published"]').nth(1).waitFor({ timeout: 20_000 });
  await page.locator('[data-export="failed"]').nth(1).waitFor({ timeout: 20_000 });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('files that are gone, links that are too old and storage that is busy are said to be that', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const link = { url: `${stack.url}/kept/ledger.csv`, expires_at: '2026-11-27T17:00:00Z' };
  const there = { state: 'published', minutes: 5, doses: 12, files: [{ name: 'ledger.csv', ...link }] };
  await exportsAre(page, there);
  await open(page, stack, 'exports');
  const save = page.getByRole('button', { name: 'ledger.csv' });
  for (const [status, text] of [[403, '受け渡す期限が切れました'], [404, '保存期間（28日）'], [503, '混み合っています'], [500, '混み合っています']]) {
    await page.unroute(/\/kept\//);
    await page.route(/\/kept\//, (route) => route.fulfill({ status, body: '<Error/>' }));
    await save.press('Enter');
    await page.getByRole('alert').filter({ hasText: text }).waitFor();
  }
  await exportsAre(page, { ...there, files: [] });
  await save.press('Enter');
  await page.getByRole('alert').filter({ hasText: '保存期間（28日）' }).waitFor();
  // The gateway before the API, too.
  for (const [status, text] of [[503, '混み合っています'], [500, '運用者に知らせて']]) {
    await page.unroute(/\/exports\/0189/);
    await page.route(/\/exports\/0189/, (route) => route.fulfill({ status, json: { message: 'no' } }));
    await save.press('Enter');
    await page.getByRole('alert').filter({ hasText: text }).waitFor();
  }
  assert.deepEqual(page.complaints.filter((it) => !/status of 50/.test(it)), []);
  await page.context().close();
});

test('the start page tells of exports that failed until a later one is published', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['register'] });
  const hands = async (...exports) => {
    await exportsAre(page, ...exports);
    await open(page, stack, 'files');
    await open(page, stack, '');
    return page.locator('.hand[href="#/exports"]').evaluateAll((all) => all.map((it) => [it.querySelector('.hand-count').textContent, it.querySelector('.hand-what').textContent]));
  };
  const [failed, published, running] = [{ state: 'failed', failure: FAILURE }, { state: 'published', doses: 12 }, { state: 'requested' }];
  const at = (minutes, it) => ({ ...it, minutes });
  assert.deepEqual(await hands(at(5, running), at(100, failed), at(200, failed), at(300, published), at(400, failed)), [['2', '書き出しができませんでした']]);
  assert.deepEqual(await hands(at(5, published), at(100, failed), at(200, running)), []);
  assert.deepEqual(await hands(at(40, running)), [['1', '終わらない書き出しがあります']]);
  assert.deepEqual(await hands(), []);
  await hands(at(5, failed));
  await page.locator('.hand', { hasText: '書き出し' }).press('Enter');
  await page.locator('[data-export="failed"]', { hasText: '一致しないため' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('doses alone may be dropped by who records them', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'doses'] });
  await open(page, stack, 'files');
  await page.locator('#file-input').setInputFiles(await stack.generate('doses_20210602.csv', '--residents', '200', '--doses', '10'));
  await page.getByRole('link', { name: '結果を見る' }).press('Enter', { timeout: 60_000 });
  await page.getByText('接種記録').first().waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
