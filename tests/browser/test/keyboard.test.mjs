// Every main way without a mouse: nothing but keys is sent, and wherever the focus comes to rest it can be seen.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { ALL_ROLES, lineOf, newPage, read, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';
import { today } from '../../../infra/console/app/words.js';

const ASKER = '011002';
const HEADER = '自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,異動事由,支援措置';

let old;
let register;
before(async () => {
  await stack.addTenant(ASKER);
  await stack.vrs('tenant', 'settings', TENANT, '--max-refused', '100', '--dynamodb', stack.dynamodb);
  old = (await stack.adults()).filter((person) => person['個人番号'] && person['支援措置'] !== '1');
  register = path.join(stack.folder, 'residents_20210401.csv');
});

/** What has the focus, by what it is called, if anybody can see that it has: it is in sight, and a ring is around it. */
function inFocus() {
  const it = document.activeElement;
  if (!it || it === document.body || !it.matches(':focus-visible')) return null;
  const ringed = [it, it.closest('label')].filter(Boolean).find((place) => getComputedStyle(place).outlineStyle !== 'none' && getComputedStyle(place).opacity !== '0');
  const box = ringed?.getBoundingClientRect();
  if (!box?.width || box.bottom < 0 || box.top > innerHeight) return null;
  return { name: (it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent).trim(), tag: it.localName };
}

/** A page before somebody who has only keys. */
async function keys({ tenant = TENANT, person = '健康課 佐藤', roles = ALL_ROLES } = {}) {
  const page = await newPage(browser);
  const hand = {
    page,
    press: (...names) => names.reduce((before, name) => before.then(() => page.keyboard.press(name)), Promise.resolve()),
    /** Types over what stands in the field. */
    async type(text) {
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
    /** What has the focus now, or as soon as what was begun has come to rest. */
    async rests() {
      const seen = await page.waitForFunction(inFocus, null, { timeout: 10_000 }).catch(async () => {
        throw new Error(`the focus cannot be seen: ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))}`);
      });
      return seen.jsonValue();
    },
    /** Tabs until the element has the focus; each stop on the way has to be seen, too. */
    async to(locator, key = 'Tab', most = 80) {
      await locator.waitFor({ state: 'attached', timeout: 60_000 });
      const element = await locator.elementHandle();
      for (let presses = 0; presses < most; presses += 1) {
        if (await element.evaluate((it) => it === document.activeElement)) return hand.rests();
        await page.keyboard.press(key);
        const inPage = await page.evaluate(() => document.activeElement !== document.body);
        if (inPage) await hand.rests();
      }
      throw new Error(`not reached by ${most} times ${key}`);
    },
    /** Goes to a button or a link and presses Enter. */
    async enter(locator, key) {
      await hand.to(locator, key);
      await page.keyboard.press('Enter');
    },
    /** Chooses one of some radio buttons, from whichever of them can be tabbed to. */
    async choose(group, label) {
      const chosen = group.locator('input:checked');
      await hand.to(await chosen.count() ? chosen : group.locator('input').first());
      const wanted = group.getByLabel(label);
      await page.keyboard.press('Space');
      for (let presses = 0; presses < 8 && !(await wanted.isChecked()); presses += 1) await page.keyboard.press('ArrowDown');
      assert.ok(await wanted.isChecked(), label);
      await hand.rests();
    },
    async chooseFile(locator, ...files) {
      const chooser = page.waitForEvent('filechooser');
      await hand.enter(locator);
      await (await chooser).setFiles(files);
    },
    /** Follows the main menu; answers the heading that has the focus then. */
    async go(name) {
      await hand.enter(page.locator('.nav').getByRole('link', { name, exact: true }));
      await page.locator('main h1', { hasText: name === 'ホーム' ? '今、対応が必要なこと' : name }).waitFor();
      return hand.rests();
    },
    async isOn(tag, name) {
      await page.waitForFunction(([on, called]) => document.activeElement?.localName === on && document.activeElement.textContent.includes(called), [tag, name], { timeout: 60_000 }).catch(() => {});
      const seen = await hand.rests();
      assert.ok(seen.tag === tag && seen.name.includes(name), `${JSON.stringify(seen)} has the focus, not ${tag} ${name}`);
    },
    async done() {
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    },
  };
  await page.goto(`${stack.url}/`);
  await hand.enter(page.getByRole('button', { name: 'ログイン' }));
  await page.waitForURL(/\/authorize/);
  await hand.to(page.locator('#tenant'));
  await hand.type(tenant);
  await hand.to(page.locator('#person'));
  await hand.type(person);
  for (const box of await page.locator('input[name=role]').all()) {
    await hand.to(box);
    if (roles.includes(await box.getAttribute('value')) !== await box.isChecked()) await hand.press('Space');
  }
  await hand.press('Enter');
  await page.locator('.nav').waitFor();
  return hand;
}

const ended = (page) => page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
const dialog = (page) => page.locator('dialog[open]');

test('the first Tab leads past the menu', async () => {
  const hand = await keys({ roles: ['read'] });
  await hand.page.locator('main h1').waitFor();
  await hand.press('Tab');
  assert.equal((await hand.rests()).name, '本文へ移動');
  await hand.press('Enter');
  assert.equal((await hand.rests()).tag, 'main');
  await hand.press('Tab');
  assert.ok(await hand.page.evaluate(() => document.activeElement.closest('main')), 'in the page');
  await hand.done();
});

test('a held file is discarded, the next one confirmed', async () => {
  const [header, ...lines] = (await read(register)).replace(/^\ufeff/, '').trim().split(/\r?\n/);
  const removing = lines.slice(0, 100).map((line) => line.split(',').with(8, '2').join(','));
  const hand = await keys();
  const { page } = hand;
  for (const [name, button, outcome] of [['removes_20210403.csv', 'このファイルを取りやめる', '.step-bad'], ['removes_20210404.csv', /人を台帳から削除する/, '.step-done >> nth=3']]) {
    const file = path.join(stack.folder, name);
    await writeFile(file, `${[header, ...removing].join('\r\n')}\r\n`);
    await stack.upload(file).catch(() => {});
    await hand.go('ファイル');
    await hand.go('ホーム');
    await hand.enter(page.locator('.hand', { hasText: name }));
    await hand.isOn('h1', name);
    // Whoever thinks again is back where they were.
    await hand.enter(page.locator('main').getByRole('button', { name: button }));
    await dialog(page).waitFor();
    assert.equal((await hand.rests()).name, 'やめる');
    await hand.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    assert.match((await hand.rests()).name, new RegExp(button));
    await hand.press('Enter');
    await hand.enter(dialog(page).getByRole('button', { name: button }));
    await page.locator(outcome).waitFor({ timeout: 60_000 });
    await hand.isOn('h1', name);
  }
  // Who is there again for the tests to come.
  const back = path.join(stack.folder, 'residents_20210405.csv');
  await writeFile(back, `${[header, ...lines].join('\r\n')}\r\n`);
  await stack.upload(back);
  await hand.done();
});

test('refused rows are mended in the table and sent, and mended in the saved file and dropped', async () => {
  const row = (number, sex) => `${TENANT},K${number},,,鍵の人${number},,19800401,${sex},,,,`;
  const hand = await keys();
  const { page } = hand;
  const file = path.join(stack.folder, 'keys.csv');
  await writeFile(file, `${[HEADER, row(1, 7), row(2, 7), row(3, 1)].join('\r\n')}\r\n`);
  await hand.go('ファイル');
  await hand.chooseFile(page.getByRole('button', { name: 'ファイルを選ぶ' }), file);
  await hand.enter(page.locator('li.card', { hasText: 'keys.csv' }).getByRole('link'));
  await hand.isOn('h1', 'keys.csv');
  await ended(page);
  const saving = page.waitForEvent('download');
  await hand.enter(page.getByRole('button', { name: 'CSV で保存して直す' }));
  const saved = await read(await (await saving).path());
  await hand.isOn('button', 'CSV で保存して直す');

  await hand.to(page.locator('tr', { hasText: '鍵の人1' }).locator('.edit'));
  await hand.type('1');
  await hand.press('Shift+Tab');
  await hand.enter(page.getByRole('button', { name: '直した1行を送る' }), 'Shift+Tab');
  await hand.isOn('h1', 'keys_errors.csv');
  await ended(page);

  const mended = path.join(stack.folder, 'keys_mended.csv');
  await writeFile(mended, saved.replaceAll(',19800401,7,', ',19800401,2,'));
  await hand.go('ファイル');
  await hand.chooseFile(page.getByRole('button', { name: 'ファイルを選ぶ' }), mended);
  await hand.enter(page.locator('li.card', { hasText: 'keys_mended.csv' }).getByRole('link'));
  await hand.isOn('h1', 'keys_mended.csv');
  await ended(page);
  assert.equal(await page.locator('.rows-box').count(), 0);
  await hand.done();
});

test('columns are mapped on a sample, tried and saved', async () => {
  const theirs = path.join(stack.folder, 'theirs.csv');
  await writeFile(theirs, (await read(register)).replace('個別宛名番号', '住民番号').replace('氏名カナ', 'フリガナ'));
  const hand = await keys();
  const { page } = hand;
  await hand.go('設定');
  await hand.chooseFile(page.locator('#sample'), theirs);
  await page.getByText('このままでは、ファイル全体を取り込めません').waitFor();
  for (const [found, ours] of [['住民番号', '個別宛名番号'], ['フリガナ', '氏名カナ']]) {
    const choice = page.getByLabel(`「${found}」をこのシステムのどの列にするか`);
    await hand.to(choice);
    // As fast as keys come: what was tried meanwhile puts nothing back.
    for (let presses = 0; presses < 15 && (await choice.inputValue()) !== ours; presses += 1) await hand.press('ArrowDown');
    assert.equal(await choice.inputValue(), ours);
    await hand.rests();
  }
  await page.getByText(/行を試しました。取り込めない行 0/).first().waitFor();
  await hand.enter(page.getByRole('button', { name: 'この結び付けを保存する' }));
  await page.getByText('保存した結び付けのとおりです').waitFor();
  await hand.isOn('button', 'この結び付けを保存する');
  // Nothing of the sample came in.
  await hand.go('ファイル');
  await page.locator('tbody tr').first().waitFor();
  assert.equal(await page.getByText('theirs.csv').count(), 0);
  // What is not mapped any more is as it was.
  const { revision } = await (await stack.ask(['read'], 'GET', '/settings')).json();
  await stack.ask(['register'], 'PUT', '/settings', { columns: { residents: {} } }, { 'if-match': `"${revision}"` });
  await hand.done();
});

/** What a venue would have recorded. */
async function record(person, dose, more = {}) {
  const body = { line: lineOf(person, dose), given_on: '2021-06-15', product: 'ファイザー', lot: 'EY0779', venue: '第一会場', birth_date: person['生年月日'], ...more };
  return (await stack.ask(['doses'], 'POST', '/doses', body)).json();
}

const DECISIONS = [
  ['今ある記録を残す', [[1, 'EY0779']]],
  ['後から届いた記録に置き換える', [[1, 'FA4597']]],
  ['どちらも正しい。接種回を直す', [[1, 'EY0779'], [2, 'FA4597']]],
];

test('conflicts are kept, replaced and renumbered', async () => {
  const hand = await keys();
  const { page } = hand;
  for (const [at, [decision, stands]] of DECISIONS.entries()) {
    const person = old[at];
    await record(person, 1);
    await record(person, 1, { lot: 'FA4597', given_on: '2021-07-06' });
    await hand.go('ファイル');
    await hand.go('ホーム');
    await hand.enter(page.locator('.hand', { hasText: '食い違う接種' }));
    await hand.isOn('h1', '接種の確認');
    await hand.enter(page.locator('tr', { hasText: person['券番号'] }).getByRole('link'));
    await hand.isOn('h1', '食い違う接種を決める');
    await hand.choose(page.locator('.options'), decision);
    if (decision.startsWith('どちらも')) {
      await hand.to(page.locator('#renumber'));
      await hand.type('2');
    }
    await hand.to(page.locator('#reason'));
    await hand.type('予診票で確認');
    await hand.press('Enter');
    await hand.isOn('h1', '接種の確認');
    const { doses } = await (await stack.ask(['read'], 'GET', `/residents/${await stack.residentOf(person)}/doses`)).json();
    assert.deepEqual(doses.filter((it) => it.state === 'recorded').map((it) => [it.number, it.lot]).sort(), stands);
  }
  await hand.done();
});

test('a waiting dose is withdrawn, and the focus does not go with its row', async () => {
  const coupons = ['9000000001', '9000000002'];
  for (const coupon of coupons) await record(old[3], 1, { line: `21${TENANT}${coupon}` });
  const hand = await keys();
  const { page } = hand;
  await hand.go('接種の確認');
  await hand.enter(page.locator('.tabs a', { hasText: '登録待ち' }));
  for (const [at, coupon] of coupons.entries()) {
    await hand.enter(page.locator('tr', { hasText: coupon }).getByRole('button'));
    await hand.to(dialog(page).locator('#reason'));
    await hand.type('券番号の読み違い');
    await hand.press('Enter');
    await page.locator('tr', { hasText: coupon }).waitFor({ state: 'detached' });
    await page.locator('.tabs [aria-current] .count', { hasText: String(1 - at) }).waitFor();
    const { name } = await hand.rests();
    assert.ok((at ? '接種の確認' : '登録待ち').includes(name), name);
  }
  await hand.done();
});

test('a resident is found, and a dose of theirs corrected, locked, unlocked and cancelled', async () => {
  const person = old[4];
  await record(person, 1);
  const hand = await keys();
  const { page } = hand;
  await hand.go('住民');
  await hand.choose(page.locator('main .choice'), '券番号');
  await hand.to(page.locator('#search-coupon'));
  await hand.type(person['券番号']);
  await hand.press('Enter');
  await hand.enter(page.locator('tbody a'));
  await page.locator('h2.name', { hasText: person['氏名'] }).waitFor();
  await hand.isOn('h1', '住民');
  const dose = page.locator('[data-dose="1"]');
  const act = async (button, reason, more = async () => {}) => {
    await hand.enter(dose.getByRole('button', { name: button }));
    await more();
    await hand.to(dialog(page).locator('#reason'));
    await hand.type(reason);
    await hand.press('Enter');
    await dialog(page).waitFor({ state: 'detached' });
    return hand.rests();
  };
  // A refused correction leaves the dialog as it is, the focus where it was.
  await hand.enter(dose.getByRole('button', { name: '訂正する' }));
  await hand.to(dialog(page).locator('#correct-given_on'));
  await hand.type('2021-13-45');
  await hand.to(dialog(page).locator('#reason'));
  await hand.type('読み違い');
  await hand.enter(dialog(page).getByRole('button', { name: '訂正する' }));
  await dialog(page).locator('#correct-given_on-error').waitFor();
  await hand.isOn('button', '訂正する');
  await hand.press('Escape');
  await hand.isOn('button', '訂正する');
  await act('訂正する', 'ロット番号の読み違い', async () => {
    await hand.to(dialog(page).locator('#correct-lot'));
    await hand.type('FA4597');
  });
  await dose.getByText('FA4597').first().waitFor();
  await hand.isOn('button', '訂正する');
  await act('ロックする', '確認済み');
  await dose.getByText('ロック中').waitFor();
  await hand.isOn('button', 'ロックを解く');
  await act('ロックを解く', '訂正のため');
  await dose.getByRole('button', { name: '取り消す' }).waitFor();
  await act('取り消す', '二重登録');
  await page.locator('.mark-cancelled').waitFor();
  await hand.isOn('h3', '1回目');
  await hand.done();
});

/** Records a basis step by step. */
async function recordBasis(hand, person, number, { hard = false } = {}) {
  const { page } = hand;
  await hand.go('照会');
  await hand.enter(page.getByRole('link', { name: '根拠を登録する' }));
  await hand.isOn('h1', '根拠を登録する');
  if (hard) await hand.choose(page.locator('.options'), '本人の同意を得ることが困難');
  await hand.enter(page.getByRole('button', { name: '次へ' }));
  await hand.isOn('h2', '根拠となる書類');
  await hand.to(page.locator('#evidence'));
  await hand.type(number);
  if (!hard) {
    await hand.to(page.locator('#signed-on'));
    await hand.type(today());
    const scan = path.join(stack.folder, '同意書.pdf');
    await writeFile(scan, 'scan');
    await hand.chooseFile(page.locator('#scan'), scan);
    await page.locator('.scan-hash').waitFor();
  }
  await hand.enter(page.getByRole('button', { name: '次へ' }));
  await sayWho(hand, person);
  await hand.isOn('h2', '確認');
  await hand.enter(page.getByRole('button', { name: '登録する', exact: true }));
  await hand.isOn('h1', '照会の根拠');
}

async function sayWho(hand, person) {
  await hand.to(hand.page.locator('#my-number'));
  await hand.type(person['個人番号']);
  await hand.to(hand.page.locator('#birth-date'));
  await hand.type(person['生年月日']);
  await hand.press('Enter');
}

test('a basis is recorded, approved by a second person, and withdrawn', async () => {
  const first = await keys({ tenant: ASKER, person: 'sato' });
  await recordBasis(first, old[5], 'D-1', { hard: true });
  const second = await keys({ tenant: ASKER, person: 'suzuki', roles: ['approve', 'inquire'] });
  await second.enter(second.page.locator('.hand', { hasText: '承認を待っている' }));
  await second.isOn('h1', '照会');
  await second.enter(second.page.getByRole('link', { name: 'D-1' }));
  await second.isOn('h1', '照会の根拠');
  await second.enter(second.page.locator('main').getByRole('button', { name: '承認する' }));
  await second.enter(dialog(second.page).getByRole('button', { name: '承認する' }));
  await second.page.locator('.badge', { hasText: '照会できます' }).waitFor();
  const { name } = await second.rests();
  assert.ok(['取り下げる', '照会の根拠'].some((it) => name.includes(it)), name);
  await second.enter(second.page.locator('main .button-danger').first());
  await second.enter(dialog(second.page).locator('.button-danger'));
  await second.page.locator('#my-number').waitFor({ state: 'detached' });
  await second.isOn('h1', '照会の根拠');
  await first.done();
  await second.done();
});

test('somebody is asked about, the answer saved, and the chain of the log checked', async () => {
  await record(old[6], 1);
  // Who holds what is indexed from the table's stream.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const hand = await keys({ tenant: ASKER });
  const { page } = hand;
  await recordBasis(hand, old[6], 'F-1');
  await sayWho(hand, old[6]);
  await hand.isOn('h2', '照会への回答：接種 1件');
  const saving = page.waitForEvent('download');
  await hand.enter(page.getByRole('button', { name: '回答を CSV で保存する' }));
  await saving;
  await hand.go('照会');
  await hand.enter(page.getByRole('link', { name: '照会の記録簿' }));
  await hand.isOn('h1', '照会の記録簿');
  await hand.enter(page.getByRole('button', { name: '改ざんがないか' }));
  await page.getByText('改ざんは見つかりませんでした').first().waitFor();
  await hand.isOn('button', '改ざんがないか');
  await hand.done();
});

test('an export is run and saved', async () => {
  const hand = await keys();
  const { page } = hand;
  await hand.go('書き出し');
  await hand.choose(page.locator('fieldset', { hasText: '文字コード' }), 'Shift_JIS（CP932）');
  await hand.enter(page.getByRole('button', { name: '書き出す' }));
  await hand.isOn('button', '書き出す');
  await page.locator('[data-export="published"]').waitFor({ timeout: 60_000 });
  const saving = page.waitForEvent('download');
  await hand.enter(page.getByRole('button', { name: /ledger.*\.csv/ }).first());
  assert.match((await saving).suggestedFilename(), /ledger/);
  await hand.done();
});
