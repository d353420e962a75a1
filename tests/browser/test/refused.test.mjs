// Refused rows are mended alone only beside others that came in, and in whatever columns the file has.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { newPage, open, read, signIn, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

let register;
before(async () => {
  register = await stack.generate('residents_20210401.csv', '--residents', '400');
  await stack.upload(register);
});

const HEADER = '自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,異動事由,支援措置';

/** Drops a file of those lines and opens what became of it. */
async function dropped(page, name, lines) {
  const file = path.join(stack.folder, name);
  await writeFile(file, `${lines.join('\r\n')}\r\n`);
  await open(page, stack, 'files');
  await page.locator('#file-input').setInputFiles(file);
  await page.locator('li.card', { hasText: name }).getByRole('link').press('Enter', { timeout: 60_000 });
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** The refused rows can be read and saved, and nothing asks for them alone. */
async function isReadOnly(page, rows) {
  await page.locator('.rows-box tbody tr').nth(rows - 1).waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('.rows-box tbody tr').count(), rows);
  assert.equal(await page.locator('.rows-box .wrong').count(), rows);
  assert.equal(await page.locator('.edit').count(), 0);
  assert.equal(await page.getByRole('button', { name: /直した.*送る/ }).count(), 0);
  assert.equal(await page.getByText('取り込み済み').count(), 0);
  await page.getByRole('button', { name: 'CSV で保存する' }).waitFor();
}

test('of a file that was refused whole, no row is to be sent alone', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const rows = Array.from({ length: 20 }, (_, at) => `${TENANT},N${at},,,新規${at},,19800401,${at < 3 ? 7 : 1},,,,`);
  await dropped(page, 'too_many_20210402.csv', [HEADER, ...rows]);
  await page.getByText('このファイルは全体を受け付けませんでした').waitFor({ timeout: 60_000 });
  await isReadOnly(page, 3);
  await page.getByText('このファイルは1行も取り込んでいません。元のファイルを直し、全体を送り直してください。').waitFor();
  // On paper rows that are not in sight would be missing unsaid; whose sheet it is stands on it.
  const printed = page.getByText('CSV で保存し、表計算ソフトで印刷してください');
  assert.ok(!(await printed.isVisible()));
  await page.emulateMedia({ media: 'print' });
  const seen = await Promise.all([printed, page.locator('.place'), page.locator('.rows-box'), page.locator('.top-end'), page.locator('.side')].map((it) => it.isVisible()));
  assert.deepEqual(seen, [true, true, false, false, false]);
  assert.equal(await page.locator('.table-box').first().evaluate((it) => getComputedStyle(it).overflowX), 'visible');
  await page.emulateMedia({ media: null });
  await open(page, stack, '');
  assert.equal(await page.locator('.hand', { hasText: 'too_many_20210402.csv' }).count(), 1);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('mended rows that are all wrong again are mended where they came from', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await dropped(page, 'mine_errors.csv', [HEADER, `${TENANT},E1,,,まだ違う,,19800401,7,,,,`]);
  await isReadOnly(page, 1);
  await page.getByText('元のファイルの画面か、保存した CSV で直し').waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('of a file that is held, it is decided first', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const [header, ...lines] = (await read(register)).replace(/^\ufeff/, '').trim().split(/\r?\n/);
  const removing = lines.slice(0, 200).map((line) => line.split(',').with(8, '2').join(','));
  await dropped(page, 'removes_20210403.csv', [header, ...removing, `${TENANT},H1,,,確認待ち,,19800401,7,,,,`]);
  await page.getByRole('heading', { name: '取り込む前に確認してください' }).waitFor({ timeout: 60_000 });
  await isReadOnly(page, 1);
  await page.getByText('先に、取りやめるか取り込むかを決めてください').waitFor();
  await open(page, stack, '');
  assert.equal(await page.locator('.hand', { hasText: 'removes_20210403.csv' }).count(), 1, 'told once');
  await page.locator('.hand', { hasText: 'removes_20210403.csv' }).press('Enter');

  await page.locator('main').getByRole('button', { name: 'このファイルを取りやめる' }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'このファイルを取りやめる' }).press('Enter');
  await page.locator('.step-bad').waitFor({ timeout: 60_000 });
  await isReadOnly(page, 1);
  await page.getByText('このファイルは1行も取り込んでいません').waitFor();
  await open(page, stack, '');
  assert.equal(await page.locator('.hand', { hasText: 'removes_20210403.csv' }).count(), 0, 'discarded with its rows');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('of a file that somebody else decided about meanwhile, that is said and what became of it is shown', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const [header, ...lines] = (await read(register)).replace(/^\ufeff/, '').trim().split(/\r?\n/);
  await dropped(page, 'others_20210404.csv', [header, ...lines.slice(0, 200).map((line) => line.split(',').with(8, '2').join(','))]);
  await page.getByRole('heading', { name: '取り込む前に確認してください' }).waitFor({ timeout: 60_000 });
  const id = page.url().split('/').at(-1);
  assert.ok((await stack.ask(['register'], 'POST', `/uploads/${id}/discard`)).ok);
  await page.locator('main').getByRole('button', { name: '人を台帳から削除する' }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: '人を台帳から削除する' }).press('Enter');
  await page.locator('.step-bad').waitFor({ timeout: 60_000 });
  await page.locator('main [role=alert]').waitFor();
  assert.equal(await page.getByRole('heading', { name: '取り込む前に確認してください' }).count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who may only read is told who sees refused rows of residents, and gets no link to them', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const rows = Array.from({ length: 20 }, (_, at) => `${TENANT},R${at},,,新規${at},,19800401,${at < 3 ? 7 : 1},,,,`);
  await dropped(page, 'seen_by_few.csv', [HEADER, ...rows]);
  await isReadOnly(page, 3);
  const hash = page.url().split('#/')[1];
  const reader = await newPage(browser);
  await signIn(reader, stack, { person: '健康課 鈴木', roles: ['read'] });
  await open(reader, stack, hash);
  await reader.getByText('「取り込み」の役割の職員だけが見られます').waitFor();
  await reader.getByRole('button', { name: 'receipt.json' }).waitFor();
  assert.equal(await reader.locator('#refused-title').count(), 0);
  assert.deepEqual([...page.complaints, ...reader.complaints], []);
  await page.context().close();
  await reader.context().close();
});

test('every cell with a red frame is mended in the table', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await page.route(/\/uploads\/[^/?]+$/, async (route) => {
    const response = await route.fetch();
    const upload = await response.json();
    const others = Array.from({ length: 9 - upload.refused_by.length }, (_, at) => ({ code: `OTHER_${at}`, ja: `別の理由${at}。`, en: `another reason ${at}`, rows: 1 }));
    await route.fulfill({ response, json: { ...upload, refused_by: [...upload.refused_by, ...(upload.rows.refused ? others : [])] } });
  });
  const rows = Array.from({ length: 40 }, (_, at) => (at === 7 ? `${TENANT},T7,12,,三つの人,,19801399,7,,,,` : `${TENANT},T${at},,,並の人${at},,19800401,1,,,,`));
  await dropped(page, 'three_20210404.csv', [HEADER, ...rows]);
  const fields = page.locator('tr', { hasText: '三つの人' }).locator('.edit');
  await fields.first().waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('.rows-box .wrong').count(), 3);
  assert.equal(await fields.count(), 3);
  // So can every reason be chosen.
  const reasons = page.locator('input[name=only]');
  assert.equal(await reasons.count(), 1 + 6);
  await page.getByRole('button', { name: 'ほかの3件の理由も出す' }).press('Enter');
  assert.equal(await reasons.count(), 1 + 9);
  for (const [column, value] of [['券番号', ''], ['生年月日', '19801231'], ['性別', '1']]) await page.getByLabel(`行目の${column}を直す`).fill(value);
  await page.getByRole('button', { name: '直した1行を送る' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'three_20210404_errors.csv' }).waitFor({ timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  const { residents } = await (await stack.ask(['read'], 'POST', '/residents/search', { number: 'T7' })).json();
  assert.deepEqual(residents.map((it) => it.birth_date), ['1980-12-31']);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('in columns of other names the wrong cell is marked, mended and sent', async () => {
  const { revision } = await (await stack.ask(['register'], 'GET', '/settings')).json();
  const changed = await stack.ask(['register'], 'PUT', '/settings', { columns: { residents: { 誕生日: '生年月日', 宛名: '個別宛名番号' } } }, { 'if-match': `"${revision}"` });
  assert.ok(changed.ok, await changed.text());
  const page = await newPage(browser);
  await signIn(page, stack);
  const rows = Array.from({ length: 20 }, (_, at) => `${TENANT},C${at},列の人${at},${at === 7 ? '19801399' : '19800401'},1`);
  await dropped(page, 'mapped_20210404.csv', ['自治体コード,宛名,氏名,誕生日,性別', ...rows]);
  const field = page.locator('.edit');
  await field.waitFor({ timeout: 60_000 });
  assert.equal(await field.count(), 1);
  assert.match(await field.getAttribute('aria-label'), /誕生日/);
  assert.equal(await field.inputValue(), '19801399');
  assert.equal(await page.locator('.rows-box .wrong').textContent(), '19801399');
  await field.fill('19801231');
  await page.getByRole('button', { name: '直した1行を送る' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'mapped_20210404_errors.csv' }).waitFor({ timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  const { residents } = await (await stack.ask(['read'], 'POST', '/residents/search', { number: 'C7' })).json();
  assert.deepEqual(residents.map((it) => it.birth_date), ['1980-12-31']);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
