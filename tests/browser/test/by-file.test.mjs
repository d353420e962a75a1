import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { lineOf, newPage, open, read, signIn, tabTo, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';
import { COLUMNS } from '../../../infra/console/app/inquiry-columns.js';
import { today } from '../../../infra/console/app/words.js';

const ASKER = '011002';

let moved;
before(async () => {
  await stack.addTenant(ASKER);
  // One row in four is refused here.
  await stack.vrs('tenant', 'settings', ASKER, '--max-refused', '50', '--dynamodb', stack.dynamodb);
  moved = (await stack.adults()).filter((person) => person['個人番号'] && person['支援措置'] !== '1');
  for (const [dose, on] of [[1, '2021-06-15'], [2, '2021-07-06']]) {
    const recorded = await stack.ask(['doses'], 'POST', '/doses', { line: lineOf(moved[0], dose), given_on: on, product: 'ファイザー', lot: `EY077${dose}`, venue: '第一会場', birth_date: moved[0]['生年月日'] });
    assert.ok(recorded.ok);
  }
  // Who holds what is indexed from the table's stream.
  await new Promise((resolve) => setTimeout(resolve, 3000));
});

const row = (reference, person, more = {}) => {
  const cells = { 整理番号: reference, 個人番号: person['個人番号'], 生年月日: person['生年月日'], 照会根拠: 'CONSENT', 同意日: today(), 同意書番号: `F-${reference}`, ...more };
  return COLUMNS.map(({ name }) => cells[name] ?? '').join(',');
};

test('a file of inquiries is dropped, asked row by row, its answers saved, and what was refused mended and asked', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await open(page, stack, 'inquiries');
  await tabTo(page, page.getByRole('link', { name: 'ファイルでまとめて照会する' }));
  await page.keyboard.press('Enter');
  await page.getByText('ひな形に記入して、上に置いてください').waitFor();

  // The template is filled in as it was saved.
  const saving = page.waitForEvent('download');
  await tabTo(page, page.getByRole('button', { name: 'ひな形' }));
  await page.keyboard.press('Enter');
  const template = await (await saving).path();
  const file = path.join(stack.folder, 'inquiries_moved.csv');
  await writeFile(file, `${await read(template)}${[
    row('A-1', moved[0]),
    row('A-2', moved[1]),
    row('A-3', moved[0], { 生年月日: '19010101' }),
    row('A-4', moved[0], { 照会根拠: 'CONSENT_HARD_TO_OBTAIN' }),
  ].join('\r\n')}\r\n`);
  await tabTo(page, page.getByRole('button', { name: 'ファイルを選ぶ' }));
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(file);
  const result = page.getByRole('link', { name: '結果を見る' });
  await result.press('Enter', { timeout: 60_000 });
  await page.getByRole('heading', { level: 1, name: 'inquiries_moved.csv' }).waitFor();
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  const told = await page.locator('.legend li').evaluateAll((items) => items.map((it) => [it.querySelector('.legend-name').textContent, it.querySelector('.legend-value').textContent]));
  assert.deepEqual(told, [['照会済み', '3'], ['照会していない', '1']]);

  // Both doses of whom the other municipality knows; one row alike for who has none and whose birth date does not fit.
  const answers = await saved(page);
  assert.deepEqual(answers.map((it) => [it['整理番号'], it['1回目接種日'], it['1回目ワクチンロット番号'], it['2回目接種日'], it['2回目接種自治体コード']]), [
    ['A-1', '20210615', 'EY0771', '20210706', TENANT],
    ['A-2', '', '', '', ''],
    ['A-3', '', '', '', ''],
  ]);

  // What was refused is mended in the table, and asked.
  await page.getByText('この行は照会していません').waitFor();
  const field = page.locator('tr:has(.wrong) .edit').first();
  await field.scrollIntoViewIfNeeded();
  await field.fill('CONSENT');
  await field.press('Tab');
  await page.getByRole('button', { name: '直した1行を送る' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'inquiries_moved_errors.csv' }).waitFor({ timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  assert.deepEqual((await saved(page)).map((it) => [it['整理番号'], it['1回目接種日']]), [['A-4', '20210615']]);

  // Both stand among the files of their kind, and nothing else does.
  await page.getByRole('link', { name: 'ファイルでまとめて照会する' }).press('Enter');
  const listed = page.locator('section:has(#history-title) tbody tr');
  await listed.nth(1).waitFor();
  assert.equal(await listed.count(), 2);
  await page.getByText('今日の照会 4件').waitFor();
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(page.outside, []);
  await page.context().close();
});

/** The answers that the page saves, each row by its columns. */
async function saved(page) {
  const saving = page.waitForEvent('download');
  await tabTo(page, page.getByRole('button', { name: '回答を CSV で保存する' }));
  await page.keyboard.press('Enter');
  const download = await saving;
  assert.match(download.suggestedFilename(), /_answers\.csv$/);
  const [header, ...rows] = (await read(await download.path())).replace(/^\ufeff/, '').trim().split(/\r?\n/).map((line) => line.split(','));
  return rows.map((cells) => Object.fromEntries(cells.map((cell, at) => [header[at], cell])));
}

test('a file that is none of inquiries says that nothing was asked', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await open(page, stack, 'inquiries/file');
  const file = path.join(stack.folder, 'other.csv');
  await writeFile(file, '整理番号,氏名\r\n1,山田\r\n');
  await page.locator('#file-input').setInputFiles(file);
  await page.locator('li.card', { hasText: 'other.csv' }).getByRole('link').press('Enter', { timeout: 60_000 });
  await page.getByText('どの行も照会していません。直してから').waitFor();
  assert.equal(await page.getByRole('button', { name: '回答を CSV' }).count(), 0);
  await page.context().close();
});

test('who may do nothing but ask can ask by file', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER, roles: ['inquire'] });
  await open(page, stack, 'inquiries/file');
  const file = path.join(stack.folder, 'inquiries_more.csv');
  await writeFile(file, `${COLUMNS.map(({ name }) => name).join(',')}\r\n${row('B-1', moved[0])}\r\n`);
  await page.locator('#file-input').setInputFiles(file);
  await page.locator('li.card').getByRole('link').press('Enter', { timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  assert.deepEqual((await saved(page)).map((it) => it['整理番号']), ['B-1']);
  await page.context().close();
});

test('who may not ask is not offered it', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER, roles: ['register', 'approve'] });
  await open(page, stack, 'inquiries');
  assert.equal(await page.getByRole('link', { name: 'ファイルでまとめて照会する' }).count(), 0);
  await open(page, stack, 'files');
  assert.equal(await page.locator('input[value="inquiries"]').count(), 0);
  await page.getByRole('link', { name: 'inquiries_moved.csv' }).press('Enter');
  await page.locator('.parts').waitFor();
  assert.equal(await page.getByRole('button', { name: '回答を CSV' }).count(), 0);
  await page.context().close();
});
