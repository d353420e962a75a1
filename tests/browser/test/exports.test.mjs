import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { newPage, open, signIn, startBrowser, startStack, tabTo } from '../stack.mjs';

let stack;
let browser;
before(async () => {
  stack = await startStack();
  browser = await startBrowser();
  await stack.upload(await stack.generate('residents_20210401.csv', '--residents', '200'));
});
after(async () => {
  await browser?.close();
  await stack?.stop();
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
  assert.ok(told['記録'] > 50 && told['確認待ち'] + told['食い違い'] + told['住民の登録待ち'] > 0, JSON.stringify(told));

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

test('an export is asked for, followed and saved', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'exports');
  await tabTo(page, page.getByRole('button', { name: '書き出す' }));
  await page.keyboard.press('Enter');
  await page.locator('[data-export="published"]').waitFor({ timeout: 60_000 });
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: /ledger.*\.csv/ }).first().press('Enter');
  const text = await readFile(await (await saving).path(), 'utf8');
  assert.match(text, /個別宛名番号,1回目接種履歴登録日時/);
  // Whoever comes later finds the last one, too.
  const other = await newPage(browser);
  await signIn(other, stack, { roles: ['read'] });
  await open(other, stack, 'exports');
  await other.locator('[data-export="published"]').waitFor();
  assert.equal(await other.getByRole('button', { name: '書き出す' }).count(), 0);
  assert.deepEqual([...page.complaints, ...other.complaints], []);
  await page.context().close();
  await other.context().close();
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
