import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { newPage, open, read, signIn, tabTo } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

test('columns of another system are matched on a sample, tried, saved, and files taken by them', async () => {
  const sound = await stack.generate('residents_20210401.csv', '--residents', '50');
  const theirs = path.join(stack.folder, 'theirs_20210402.csv');
  await writeFile(theirs, (await read(sound)).replace('個別宛名番号', '住民番号').replace('氏名カナ', 'フリガナ'));
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'register'] });
  await open(page, stack, 'settings');
  await page.locator('#sample').setInputFiles(theirs);
  await page.getByText('このままでは、ファイル全体を取り込めません').waitFor();
  for (const [found, ours] of [['住民番号', '個別宛名番号'], ['フリガナ', '氏名カナ']]) {
    const choice = page.getByLabel(`「${found}」をこのシステムのどの列にするか`);
    await tabTo(page, choice);
    await choice.selectOption(ours);
  }
  await page.getByText(/行を試しました。取り込めない行 0/).first().waitFor();
  await page.getByRole('button', { name: 'この結び付けを保存する' }).press('Enter');
  assert.ok(!/\d{12}/.test(await page.locator('main').innerText()), 'no My Number is shown');
  await page.getByText('保存した結び付けのとおりです').waitFor();

  await open(page, stack, 'files');
  await page.locator('#file-input').setInputFiles(theirs);
  await page.locator('li.card').getByRole('link').press('Enter', { timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a file without a header is somebody’s data: no My Number of it is shown or read out', async () => {
  const sound = await stack.generate('residents_20210401.csv', '--residents', '50');
  const [header, ...rows] = (await read(sound)).replace(/^\ufeff/, '').trim().split(/\r?\n/);
  const at = header.split(',').indexOf('個人番号');
  const first = rows.find((row) => row.split(',')[at]).split(',');
  const number = first[at];
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'register'] });
  // As the API would name the columns if it hid nothing of them.
  await page.route(/\/settings\/dry-run$/, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    json.header.forEach((column, place) => { column.found = first[place]; });
    await route.fulfill({ response, json });
  });
  await open(page, stack, 'settings');
  for (const written of [number, number.replace(/(\d{4})(?!$)/g, '$1-')]) {
    first[at] = written;
    await page.locator('#sample').setInputFiles({ name: 'headless.csv', mimeType: 'text/csv', buffer: Buffer.from([first.join(','), ...rows].join('\r\n')) });
    await page.locator('main tbody tr').nth(at).getByText('●●').first().waitFor();
    assert.ok(!(await page.content()).includes(written), 'neither shown nor read out');
    await page.locator('main tbody th').first().waitFor();
    await open(page, stack, 'settings/lots');
    await open(page, stack, 'settings');
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

const inForce = async () => (await stack.ask(['read'], 'GET', '/settings')).json();

test('limits and exports are changed by keyboard, and nothing that was not named', async () => {
  const before = await inForce();
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['register', 'approve'] });
  await open(page, stack, 'settings');
  await page.getByRole('link', { name: '取り込み・照会・書き出し' }).press('Enter');
  const limit = page.getByLabel('取り込めない行の割合の上限');
  await tabTo(page, limit);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('7');
  await tabTo(page, page.locator('input[name=export_scope]:checked'));
  await page.keyboard.press('ArrowRight');
  await page.getByText('まだ保存していません').waitFor();
  await tabTo(page, page.getByRole('button', { name: '設定を保存する' }));
  await page.keyboard.press('Enter');
  await page.locator('.notice-good', { hasText: '設定を保存しました' }).waitFor();
  const revision = before.revision + 1;
  const scope = before.export_scope === 'full' ? 'changed' : 'full';
  assert.deepEqual(await inForce(), { ...before, revision, max_refused_percent: 7, export_scope: scope });

  // Meanwhile somebody else has changed them: nothing is overwritten.
  await stack.ask(['register'], 'PUT', '/settings', { export_encoding: 'cp932' }, { 'if-match': `"${revision}"` });
  await limit.fill('9');
  await limit.press('Enter');
  await page.locator('main [role=alert]').waitFor();
  assert.equal((await inForce()).max_refused_percent, 7);
  // Their change is shown beside one's own, which can then be saved on top of it.
  await page.locator('input[name=export_encoding]:checked').locator('..').getByText('CP932').waitFor();
  await limit.press('Enter');
  await page.locator('.notice-good').waitFor();
  const now = await inForce();
  assert.deepEqual([now.max_refused_percent, now.export_encoding], [9, 'cp932']);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who may be asked about, and how often, is set by whoever may approve', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['register', 'approve'] });
  await open(page, stack, 'settings/general');
  const most = page.getByLabel('1日に照会できる件数の上限');
  assert.equal(await most.inputValue(), '', 'not set');
  await most.fill('250');
  await tabTo(page, page.locator('input[name=hold_protected]:checked'));
  await page.keyboard.press('ArrowRight');
  await page.getByRole('button', { name: '設定を保存する' }).press('Enter');
  await page.locator('.notice-good').waitFor();
  const { inquiries_per_day: perDay, hold_protected: held } = await inForce();
  assert.deepEqual([perDay, held], [250, false]);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who may not approve cannot move the limits', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['register'] });
  await open(page, stack, 'settings/general');
  assert.ok(await page.getByLabel('取り込めない行の割合の上限').isDisabled());
  assert.ok(await page.locator('input[name=hold_protected]').first().isDisabled());
  await page.getByText('承認する役割も必要です').waitFor();
  await page.context().close();
});

test('lots are registered as they are typed or pasted, and taken away again', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['register'] });
  await open(page, stack, 'settings/lots');
  const pfizer = page.getByLabel('ファイザー（コミナティ）');
  const save = page.getByRole('button', { name: '設定を保存する' });
  for (const [text, lots] of [['EY0779、ＥＹ４８３４\nEY0779', { COMIRNATY: ['EY0779', 'EY4834'] }], ['', {}]]) {
    await pfizer.fill(text);
    await save.press('Enter');
    await page.locator('.notice-good').waitFor();
    assert.deepEqual((await inForce()).lots, lots);
    assert.equal(await pfizer.inputValue(), Object.values(lots).flat().join('\n'));
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
