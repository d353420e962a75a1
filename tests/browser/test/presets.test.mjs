// What goes together at a desk, under a name: chosen while doses are entered, gone with the sign-in, kept in a file of one's own.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { lineOf, newPage, open, read, signIn, tabTo } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

const MORNING = { name: '第一会場 午前', product: 'ファイザー', lot: 'EY0779', venue: '第一会場', physician: '佐藤' };
const EVENING = { name: '体育館 夜', product: '武田/モデルナ', lot: '3004667', venue: '中央体育館', physician: '鈴木' };

let old;
before(async () => {
  old = await stack.adults();
});

async function presets(language = 'ja') {
  const page = await newPage(browser, { language });
  await signIn(page, stack, { roles: ['doses'] });
  await open(page, stack, 'doses/presets');
  return page;
}

const FIELDS = ['name', 'product', 'lot', 'venue', 'physician'];

/** Fills in the form by keyboard, and sends it. */
async function fill(page, preset) {
  for (const name of FIELDS.filter((it) => preset[it] !== undefined)) {
    await tabTo(page, page.locator(`#preset-${name}`));
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    await page.keyboard.type(preset[name]);
  }
  await page.keyboard.press('Enter');
}

const listed = (page) => page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('bdi')].map((it) => it.textContent)));
const valuesOf = (preset) => FIELDS.map((name) => preset[name] || '—');
const shared = (page) => page.evaluate((names) => names.map((name) => document.querySelector(`#shared-${name}`).value), FIELDS.slice(1));
/** Waits until the fields that doses share say this. */
async function shows(page, expected) {
  const told = JSON.stringify(expected);
  await page.waitForFunction(([names, said]) => JSON.stringify(names.map((name) => document.querySelector(`#shared-${name}`).value)) === said, [FIELDS.slice(1), told]).catch(() => {});
  assert.deepEqual(await shared(page), expected);
}
const fileOf = (content) => ({ name: 'presets.json', mimeType: 'application/json', buffer: Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)) });
const sound = (...all) => ({ kind: 'open-vrs presets', version: 1, presets: all });

test('presets are made, chosen while doses are entered, changed and removed, without a mouse', async () => {
  const page = await presets();
  await page.getByText('まだありません').waitFor();
  for (const preset of [MORNING, EVENING]) {
    await fill(page, preset);
    await page.locator('tbody tr', { hasText: preset.name }).waitFor();
  }
  await fill(page, MORNING);
  await page.locator('.field-error', { hasText: 'すでにあります' }).waitFor();
  assert.deepEqual(await listed(page), [MORNING, EVENING].map(valuesOf));
  await page.getByText('まだファイルに保存していない').waitFor();

  // From the field of the scanner, and from the buttons themselves.
  await tabTo(page, page.getByRole('link', { name: '接種の登録' }).last());
  await page.keyboard.press('Enter');
  await page.locator('#line').waitFor();
  await tabTo(page, page.locator('#shared-given_on'));
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('2021-06-15');
  await tabTo(page, page.locator('#line'));
  await page.keyboard.press('Alt+1');
  await shows(page, valuesOf(MORNING).slice(1));
  await page.waitForFunction((name) => document.getElementById('announcer').textContent.includes(name), MORNING.name);
  assert.ok(await page.locator('#line').evaluate((it) => it === document.activeElement && it.value === ''), 'the scanner goes on where it was');
  await tabTo(page, page.locator('input[name=preset]:checked'));
  await page.keyboard.press('ArrowDown');
  await shows(page, valuesOf(EVENING).slice(1));
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#line').evaluate((it) => it === document.activeElement));

  // Somebody is shown with what is chosen, changed as late as then, and recorded so.
  await page.keyboard.type(lineOf(old[0]));
  await page.locator('.panel-kana').waitFor();
  assert.match(await page.locator('.panel').textContent(), /3004667/);
  await page.keyboard.press('Alt+1');
  await page.locator('.panel', { hasText: 'EY0779' }).waitFor();
  await page.waitForTimeout(350);
  await page.keyboard.press('Enter');
  await page.locator('.panel[data-outcome="recorded"]').waitFor();
  const { doses: [dose] } = await (await stack.ask(['read'], 'GET', `/residents/${await stack.residentOf(old[0])}/doses`)).json();
  assert.deepEqual([dose.product.maker, dose.lot, dose.venue, dose.physician], valuesOf(MORNING).slice(1));

  // A preset without a lot leaves none of another vaccine behind.
  await tabTo(page, page.getByRole('link', { name: 'プリセットを作る' }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: `「${EVENING.name}」を変える` }));
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#preset-name').evaluate((it) => it === document.activeElement));
  await fill(page, { lot: '', physician: '高橋' });
  await page.locator('tbody tr', { hasText: '高橋' }).waitFor();
  await tabTo(page, page.getByRole('link', { name: '接種の登録' }).last());
  await page.keyboard.press('Enter');
  await tabTo(page, page.locator('#line'));
  await page.keyboard.press('Alt+2');
  await shows(page, ['武田/モデルナ', '', '中央体育館', '高橋']);
  await tabTo(page, page.getByRole('link', { name: 'プリセットを作る' }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: `「${MORNING.name}」を削除する` }));
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('dialog').getByRole('button', { name: '削除する' }));
  await page.keyboard.press('Enter');
  await page.locator('tbody tr', { hasText: MORNING.name }).waitFor({ state: 'detached' });
  assert.deepEqual((await listed(page)).map(([name]) => name), [EVENING.name]);
  assert.ok(await page.evaluate(() => document.activeElement.closest('main')), 'the focus is not lost with the row');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('presets are carried in a file from one sign-in to the next, and no storage of the browser holds them', async () => {
  const page = await presets();
  for (const preset of [MORNING, EVENING]) await fill(page, preset);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'ファイルに保存する' }).press('Enter');
  const download = await saving;
  assert.equal(download.suggestedFilename(), 'presets.json');
  const text = await read(await download.path());
  assert.deepEqual(JSON.parse(text), sound(MORNING, EVENING));
  assert.equal(await page.getByText('まだファイルに保存していない').count(), 0);
  const kept = await page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, await indexedDB.databases(), await caches.keys()]));
  for (const value of FIELDS.map((name) => MORNING[name])) assert.ok(!kept.includes(value), kept);

  await page.locator('header').getByRole('button', { name: 'ログアウト' }).press('Enter');
  await signIn(page, stack, { roles: ['doses'], person: '健康課 鈴木' });
  await open(page, stack, 'doses');
  assert.equal(await page.locator('input[name=preset]').count(), 0, 'gone with the sign-in');
  await open(page, stack, 'doses/presets');
  assert.equal(await page.getByRole('button', { name: 'ファイルに保存する' }).getAttribute('aria-disabled'), 'true');

  // The next morning one of them is there already, and older.
  await fill(page, { ...MORNING, lot: 'EY0001' });
  const chooser = page.waitForEvent('filechooser');
  await tabTo(page, page.getByRole('button', { name: 'ファイルから読み込む' }));
  await page.keyboard.press('Enter');
  const file = path.join(stack.folder, 'presets.json');
  await writeFile(file, `\ufeff${text}`);
  await (await chooser).setFiles(file);
  await page.getByText('2件のプリセットを読み込みました').first().waitFor();
  assert.deepEqual(await listed(page), [MORNING, EVENING].map(valuesOf));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a file that is none of presets, or has one that is not sound, changes nothing and says why, in both languages', async () => {
  const many = Array.from({ length: 31 }, (_, at) => ({ ...MORNING, name: `会場 ${at}` }));
  const FILES = [
    ['{"presets": [', 'ファイルを読めません', 'cannot be read'],
    [Buffer.from([0xff, 0xfe, 0x00, 0x41]), 'ファイルを読めません', 'cannot be read'],
    ['null', 'プリセットのファイルではありません', 'no file of presets'],
    [[MORNING], 'プリセットのファイルではありません', 'no file of presets'],
    [{ ...sound(), presets: 'x' }, 'プリセットのファイルではありません', 'no file of presets'],
    [{ ...sound(EVENING), version: 2 }, '別の版の画面', 'another version'],
    ['x'.repeat(100_001), 'ファイルが大きすぎます', 'too large'],
    [sound(...many), '30件まで', 'at most 30'],
    [sound(EVENING, { ...EVENING, name: 'x', venue: 'あ'.repeat(31) }), '2番目のプリセット：「接種会場」は30文字まで', 'Preset 2: “Venue” has to be text of at most 30'],
    [sound({ ...EVENING, lot: { toString: 'x' } }), '1番目のプリセット：「ロット番号」', 'Preset 1: “Lot”'],
    [sound({ ...EVENING, physician: 'a\nb' }), '1番目のプリセット：「接種医師」', 'Preset 1: “Physician”'],
    [sound({ ...EVENING, name: '  ' }), '1番目のプリセット：名前を入力', 'Preset 1: Enter a name'],
    [sound({ name: 'x' }), '1番目のプリセット：ワクチン', 'Preset 1: Fill in at least one'],
    [sound(null), '1番目のプリセット：名前を入力', 'Preset 1: Enter a name'],
  ];
  for (const [language, at] of [['ja', 1], ['en', 2]]) {
    const page = await presets(language);
    await fill(page, MORNING);
    await page.locator('tbody tr').waitFor();
    for (const file of FILES) {
      await page.locator('#presets-file').setInputFiles(fileOf(file[0]));
      await page.locator('main [role=alert]', { hasText: file[at] }).waitFor();
      assert.deepEqual(await listed(page), [valuesOf(MORNING)]);
    }
    // Once a sound one came, nothing is left of what was wrong.
    await page.locator('#presets-file').setInputFiles(fileOf(sound(EVENING)));
    await page.locator('tbody tr').nth(1).waitFor();
    assert.equal(await page.locator('main [role=alert]').count(), 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});

test('what stands in a file of presets is text, whatever it would like to be', async () => {
  const page = await presets();
  page.on('dialog', () => page.complaints.push('something ran'));
  const markup = '<img src=x onerror=alert(1)>';
  const evil = { name: '"><script>alert(1)</script>', product: markup, lot: '\u202eevil\u202c', venue: markup, physician: '{count}', more: markup, __proto__: { name: 'x' } };
  const text = JSON.stringify(sound(evil)).replace('"more"', '"__proto__":{"polluted":true},"constructor":{"x":1},"more"');
  await page.locator('#presets-file').setInputFiles(fileOf(text));
  await page.locator('tbody tr').waitFor();
  assert.deepEqual(await listed(page), [valuesOf(evil)]);
  for (const button of ['を変える', 'を削除する']) assert.ok(await page.getByRole('button', { name: `「${evil.name}」${button}` }).count());
  await open(page, stack, 'doses');
  await page.keyboard.press('Alt+1');
  await shows(page, [evil.product, evil.lot, evil.venue, evil.physician]);
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.equal(await page.evaluate(() => ({}).polluted), undefined);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${wide} px wider than the screen`);
  // Nothing else of the file is carried on.
  await open(page, stack, 'doses/presets');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'ファイルに保存する' }).press('Enter');
  const saved = JSON.parse(await read(await (await saving).path()));
  assert.deepEqual(Object.keys(saved.presets[0]), FIELDS);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what is half filled in stays in another language, and what was told is told in it', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['doses'] });
  await open(page, stack, 'doses/presets');
  await page.locator('#preset-venue').fill('中央体育館');
  await page.locator('#presets-file').setInputFiles({ name: 'presets.json', mimeType: 'application/json', buffer: Buffer.from('{') });
  const told = page.locator('main [role=alert]');
  await told.getByText('ファイルを読めません').waitFor();
  await page.getByRole('button', { name: 'English' }).press('Enter');
  await told.getByText('The file cannot be read').waitFor();
  assert.equal(await page.locator('#preset-venue').inputValue(), '中央体育館');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
