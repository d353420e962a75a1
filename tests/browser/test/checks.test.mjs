import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { lineOf, newPage, open, signIn, tabTo, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

let old;
before(async () => {
  old = await stack.adults();
});

/** What a venue would have recorded. */
async function record(person, dose, { lot = 'EY0779', on = '2021-06-15', line = lineOf(person, dose) } = {}) {
  const answer = await stack.ask(['doses'], 'POST', '/doses', { line, given_on: on, product: 'ファイザー', lot, venue: '第一会場', birth_date: person['生年月日'] });
  return answer.json();
}

const row = (page, person) => page.locator('tr', { hasText: person['券番号'] });

test('a dose in review is looked at beside the others and accepted', async () => {
  await record(old[0], 2);
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'checks');
  await tabTo(page, row(page, old[0]).getByRole('link', { name: '確かめる' }));
  await page.keyboard.press('Enter');
  await page.locator('.beside').waitFor();
  assert.ok((await page.locator('main').textContent()).includes(old[0]['氏名']));
  await page.getByText('前の回の接種記録がありません').first().waitFor();
  await tabTo(page, page.getByLabel('正しいので有効にする'));
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.type('接種済証で確認');
  await page.keyboard.press('Enter');
  await page.getByText('この一覧には今、何もありません').waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('of two records for one number, what differs is marked, and what is not taken stays readable', async () => {
  await record(old[1], 1);
  await record(old[1], 1, { lot: 'FA4597' });
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'checks/conflict');
  await row(page, old[1]).getByRole('link').press('Enter');
  const differs = page.locator('.differs');
  await differs.first().waitFor();
  assert.deepEqual(await differs.locator('bdi').allTextContents(), ['EY0779', 'FA4597']);
  await page.getByLabel('後から届いた記録に置き換える').press('Space');
  await page.locator('#reason').fill('予診票で確認');
  await page.locator('#reason').press('Enter');
  await page.getByText('この一覧には今、何もありません').waitFor();
  await open(page, stack, 'residents');
  await page.getByLabel('券番号', { exact: true }).check({ force: true });
  await page.locator('#search-coupon').fill(old[1]['券番号']);
  await page.keyboard.press('Enter');
  await page.locator('table a').first().press('Enter');
  const dose = page.locator('[data-dose="1"]');
  assert.ok((await dose.locator('> .says').textContent()).includes('FA4597'));
  await dose.locator('summary').press('Enter');
  assert.ok((await dose.locator('.history').textContent()).includes('EY0779'));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

/** Opens what is to be decided about a person, from its list, and chooses a decision, all by keyboard. */
async function choose(page, list, person, decision) {
  await open(page, stack, `checks/${list}`);
  await row(page, person).getByRole('link').press('Enter');
  await page.locator('.beside').waitFor();
  await tabTo(page, page.locator('.option input').first());
  const option = page.getByLabel(decision);
  await page.keyboard.press('Space');
  for (let presses = 0; presses < 3 && !(await option.isChecked()); presses += 1) await page.keyboard.press('ArrowDown');
  assert.ok(await option.isChecked(), decision);
}

async function because(page, reason) {
  await tabTo(page, page.locator('#reason'));
  await page.keyboard.type(reason);
  await page.keyboard.press('Enter');
  await page.getByText('この一覧には今、何もありません').waitFor();
}

const dosesOf = async (person) => (await stack.ask(['read'], 'GET', `/residents/${await stack.residentOf(person)}/doses`)).json();
const inForce = async (person) => (await dosesOf(person)).doses.filter((it) => it.state === 'recorded').map((it) => [it.number, it.lot]).sort();

test('of two records for one number the first is kept, and the other stays readable as settled', async () => {
  await record(old[5], 1);
  await record(old[5], 1, { lot: 'FA4597' });
  const page = await newPage(browser);
  await signIn(page, stack);
  await choose(page, 'conflict', old[5], '今ある記録を残す');
  await because(page, '後から届いたものは誤り');
  assert.deepEqual(await inForce(old[5]), [[1, 'EY0779']]);
  await open(page, stack, `residents/${await stack.residentOf(old[5])}`);
  const settled = page.locator('main details', { hasText: '食い違い' });
  await settled.locator('summary').press('Enter');
  const told = await settled.textContent();
  for (const text of ['FA4597', '後から届いたものは誤り']) assert.ok(told.includes(text), told);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('two records for one number that are both right get numbers of their own', async () => {
  await record(old[6], 1);
  await record(old[6], 1, { lot: 'FA4597', on: '2021-07-06' });
  const page = await newPage(browser);
  await signIn(page, stack);
  await choose(page, 'conflict', old[6], 'どちらも正しい。接種回を直す');
  await tabTo(page, page.locator('#renumber'));
  await page.keyboard.type('1');
  await tabTo(page, page.locator('#reason'));
  await page.keyboard.type('2回目の券を1回目と読み違え');
  await page.keyboard.press('Enter');
  // That number is taken.
  await page.locator('main [role=alert]').waitFor();
  await page.locator('#renumber').focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('2');
  await page.keyboard.press('Enter');
  await page.getByText('この一覧には今、何もありません').waitFor();
  assert.deepEqual(await inForce(old[6]), [[1, 'EY0779'], [2, 'FA4597']]);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a dose in review that is wrong is cancelled, and stays readable', async () => {
  await record(old[7], 2);
  const page = await newPage(browser);
  await signIn(page, stack);
  await choose(page, 'review', old[7], '誤りなので取り消す');
  await because(page, '別の人の券だった');
  assert.deepEqual(await inForce(old[7]), []);
  await open(page, stack, `residents/${await stack.residentOf(old[7])}`);
  const told = await page.locator('.mark-cancelled').textContent();
  assert.ok(told.includes('別の人の券だった'), told);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what was typed stays when a dose cannot be read anew, and the notice of it goes once it can', async () => {
  await record(old[8], 2);
  const page = await newPage(browser);
  await signIn(page, stack);
  await choose(page, 'review', old[8], '正しいので有効にする');
  const doses = /\/residents\/[^/]+\/doses$/;
  const busyOnce = () => page.route(doses, (route) => route.fulfill({ status: 429, json: {} }), { times: 1 });
  const busy = page.locator('main [role=alert]', { hasText: '混み合っています' });
  const isAsTyped = async () => {
    assert.equal(await page.locator('#reason').inputValue(), '接種済証で確認');
    assert.ok(await page.getByLabel('正しいので有効にする').isChecked());
    assert.equal(await page.locator('.beside').count(), 1);
  };
  const stale = { code: 'REVISION_STALE', title: '先に変えた人がいます', title_en: 'somebody changed it first' };
  await page.route(/\/resolve$/, (route) => route.fulfill({ status: 412, json: stale }), { times: 2 });
  await busyOnce();
  await tabTo(page, page.locator('#reason'));
  await page.keyboard.type('接種済証で確認');
  await page.keyboard.press('Enter');
  await busy.waitFor();
  await isAsTyped();
  const again = page.waitForResponse(doses);
  await page.locator('#reason').press('Enter');
  await again;
  await page.locator('main [role=alert]', { hasText: stale.title }).waitFor();
  await busy.waitFor({ state: 'detached' });
  await isAsTyped();
  await page.locator('#reason').press('Enter');
  await page.getByText('この一覧には今、何もありません').waitFor();

  // Whoever was looked at stays, too.
  const resident = await stack.residentOf(old[8]);
  await open(page, stack, `residents/${resident}`);
  const dose = page.locator('[data-dose="2"]');
  await dose.getByRole('button', { name: 'ロックする' }).press('Enter');
  await busyOnce();
  await page.getByRole('dialog').getByRole('button', { name: 'ロックする' }).press('Enter');
  await busy.waitFor();
  assert.equal(await page.locator('h2.name').count(), 1);
  assert.equal(await dose.count(), 1);
  const { doses: all } = await (await stack.ask(['read'], 'GET', `/residents/${resident}/doses`)).json();
  const locked = all.find((it) => it.locked);
  await stack.ask(['approve'], 'POST', `/doses/${locked.id}/unlock`, { reason: '確認が済んだため' });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what somebody else decided meanwhile leaves nothing to decide, and says so', async () => {
  await record(old[10], 2);
  const coupon = '9100000000';
  const waiting = await record(old[10], 1, { line: `21${TENANT}${coupon}` });
  const page = await newPage(browser);
  await signIn(page, stack);
  await choose(page, 'review', old[10], '正しいので有効にする');
  const [dose] = (await dosesOf(old[10])).doses;
  const cancelled = await stack.ask(['doses'], 'POST', `/doses/${dose.id}/resolve`, { decision: 'cancel', reason: '別の人の券' }, { 'if-match': `"${dose.revision}"` });
  assert.ok(cancelled.ok, await cancelled.text());
  await tabTo(page, page.locator('#reason'));
  await page.keyboard.type('接種済証で確認');
  await page.keyboard.press('Enter');
  await page.getByText('すでに決まっています').waitFor();
  assert.equal(await page.locator('main [role=alert]').count(), 1);
  assert.equal(await page.locator('#reason').count(), 0);

  // So it is on a list, once its question is closed.
  await open(page, stack, 'checks/waiting');
  const line = page.locator('tr', { hasText: coupon });
  await line.getByRole('button').press('Enter');
  await stack.ask(['doses'], 'POST', `/doses/${waiting.id}/resolve`, { decision: 'withdraw', reason: '読み違い' });
  // The same decision once more would be answered as done; another one is not.
  const late = { code: 'DOSE_STATE', title: '先に決めた人がいます', title_en: 'somebody decided it first' };
  await page.route(/\/resolve$/, (route) => route.fulfill({ status: 409, json: late }), { times: 1 });
  const dialog = page.getByRole('dialog');
  await dialog.locator('#reason').fill('券番号の読み違い');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  await line.waitFor({ state: 'detached' });
  assert.equal(await dialog.getByRole('alert').count(), 1);
  await dialog.getByRole('button', { name: 'やめる' }).press('Enter');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a waiting dose can be withdrawn, and the list saved as CSV, page after page', async () => {
  const coupons = Array.from({ length: 55 }, (_, at) => String(9_000_000_000 + at));
  for (const coupon of coupons) await record(old[2], 1, { line: `21${TENANT}${coupon}` });
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'checks/waiting');
  assert.equal(await page.locator('tbody tr').count(), 50);
  await page.getByRole('button', { name: 'さらに表示する' }).press('Enter');
  await page.locator('tbody tr').nth(54).waitFor();
  await page.locator('tr', { hasText: coupons[3] }).getByRole('button').press('Enter');
  await page.getByRole('dialog').locator('#reason').fill('券番号の読み違い');
  await page.keyboard.press('Enter');
  await page.locator('.tabs [aria-current] .count', { hasText: '54' }).waitFor();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: '一覧を CSV で保存' }).press('Enter');
  const text = await readFile(await (await saving).path(), 'utf8');
  assert.ok(text.startsWith('\ufeff'), 'Excel knows it for UTF-8');
  const lines = text.trim().split(/\r?\n/);
  assert.equal(lines.length, 55);
  assert.equal(lines.filter((line) => line.includes('接種回')).length, 1, 'one header');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a dose is corrected, locked, unlocked and cancelled, each with its reason in the history', async () => {
  await record(old[3], 1);
  const page = await newPage(browser);
  await signIn(page, stack);
  const resident = await stack.residentOf(old[3]);
  await open(page, stack, `residents/${resident}`);
  const dose = page.locator('[data-dose="1"]');
  const dialog = page.getByRole('dialog');
  await dose.getByRole('button', { name: '訂正する' }).press('Enter');
  await dialog.locator('#correct-given_on').fill('2021-13-45');
  await dialog.locator('#reason').fill('ロット番号の読み違い');
  await dialog.locator('#reason').press('Enter');
  await dialog.locator('#correct-given_on-error').waitFor();
  await dialog.locator('#correct-given_on').fill('R3.6.16');
  await dialog.locator('#correct-lot').fill('FA4597');
  await dialog.locator('#reason').press('Enter');
  await dose.getByText('FA4597').first().waitFor();

  await dose.getByRole('button', { name: 'ロックする' }).press('Enter');
  await dialog.getByRole('button', { name: 'ロックする' }).press('Enter');
  await dose.getByText('ロック中').waitFor();
  assert.equal(await dose.getByRole('button', { name: '訂正する' }).count(), 0);
  await open(page, stack, 'checks/locked');
  await row(page, old[3]).getByRole('link').press('Enter');
  await page.locator('#reason').fill('確認が済んだため');
  await page.locator('#reason').press('Enter');
  await page.getByText('この一覧には今、何もありません').waitFor();

  await open(page, stack, `residents/${resident}`);
  // Meanwhile somebody else corrects it: what was seen is no longer what is there.
  const { doses } = await (await stack.ask(['read'], 'GET', `/residents/${resident}/doses`)).json();
  const theirs = { given_on: '2021-06-17', product: 'ファイザー', lot: 'FA4597', reason: '接種日の訂正' };
  await stack.ask(['doses'], 'PUT', `/doses/${doses[0].id}`, theirs, { 'if-match': `"${doses[0].revision}"` });
  await dose.getByRole('button', { name: '取り消す' }).press('Enter');
  await dialog.locator('#reason').fill('二重登録のため');
  await dialog.locator('#reason').press('Enter');
  await dialog.getByRole('alert').waitFor();
  // It is shown as it is now, beside what was said, and the next try is about that.
  await dialog.getByText('2021年6月17日').waitFor();
  assert.equal(await dialog.getByRole('alert').count(), 1);
  await dialog.locator('#reason').press('Enter');
  await page.locator('.mark-cancelled').waitFor();
  const told = await dose.textContent();
  for (const reason of ['二重登録のため', '接種日の訂正', '確認が済んだため', 'ロット番号の読み違い']) assert.ok(told.includes(reason), reason);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what somebody else corrected meanwhile is shown, and is not put back unseen', async () => {
  await record(old[9], 1);
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, `residents/${await stack.residentOf(old[9])}`);
  const dose = page.locator('[data-dose="1"]');
  const dialog = page.getByRole('dialog');
  await dose.getByRole('button', { name: '訂正する' }).press('Enter');
  await dialog.locator('#correct-lot').fill('FA4597');
  const { doses } = await dosesOf(old[9]);
  const theirs = { given_on: '2021-06-17', product: 'ファイザー', lot: 'EY0779', venue: '第一会場', reason: '接種日の訂正' };
  await stack.ask(['doses'], 'PUT', `/doses/${doses[0].id}`, theirs, { 'if-match': `"${doses[0].revision}"` });
  await dialog.locator('#reason').fill('ロット番号の読み違い');
  await dialog.locator('#reason').press('Enter');
  await dialog.getByRole('alert').waitFor();
  await dialog.getByText('2021年6月17日').waitFor();
  assert.equal(await dialog.locator('#correct-given_on').inputValue(), '2021-06-17');
  assert.equal(await dialog.locator('#correct-lot').inputValue(), 'FA4597');
  // Given up and asked for once more, it is about what is there now, too.
  await dialog.getByRole('button', { name: 'やめる' }).press('Enter');
  await dose.getByRole('button', { name: '訂正する' }).press('Enter');
  await dialog.locator('#correct-lot').fill('FA4597');
  await dialog.locator('#reason').fill('ロット番号の読み違い');
  await dialog.locator('#reason').press('Enter');
  await dose.getByText('FA4597').first().waitFor();
  const [now] = (await dosesOf(old[9])).doses;
  assert.deepEqual([now.given_on, now.lot], ['2021-06-17', 'FA4597']);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a correction of one field sends the others exactly as they came', async () => {
  const person = old[11];
  const came = { given_on: '2021-06-15', product: 'ファイザー', lot: 'EY0779', venue: '\u3000第１会場 ', physician: ' ｻﾄｳ\u3000' };
  await stack.ask(['doses'], 'POST', '/doses', { ...came, line: lineOf(person, 1), birth_date: person['生年月日'] });
  const [before] = (await dosesOf(person)).doses;
  assert.deepEqual([before.venue, before.physician], [came.venue, came.physician]);
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, `residents/${await stack.residentOf(person)}`);
  const dialog = page.getByRole('dialog');
  // The physician is typed, and typed back.
  for (const [name, typed, expected] of [['lot', [' FA4597 '], 'FA4597'], ['physician', ['鈴木', came.physician], came.physician], ['venue', ['\u3000第二会場'], '第二会場']]) {
    const [held] = (await dosesOf(person)).doses;
    await page.locator('[data-dose="1"]').getByRole('button', { name: '訂正する' }).press('Enter');
    for (const text of typed) await dialog.locator(`#correct-${name}`).fill(text);
    await dialog.locator('#reason').fill('読み違い');
    const put = page.waitForRequest((request) => request.method() === 'PUT');
    await dialog.locator('#reason').press('Enter');
    const as = { given_on: held.given_on, product: held.product.code, lot: held.lot, venue: held.venue, physician: held.physician, reason: '読み違い' };
    assert.deepEqual((await put).postDataJSON(), { ...as, [name]: expected });
    await dialog.waitFor({ state: 'detached' });
    await page.locator('[data-dose="1"]', { hasText: expected.trim() }).waitFor();
  }
  const [now] = (await dosesOf(person)).doses;
  assert.deepEqual([now.lot, now.venue, now.physician, now.product.code], ['FA4597', '第二会場', came.physician, before.product.code]);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who may only read is shown no button that changes anything', async () => {
  await record(old[4], 2);
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read'] });
  const resident = await stack.residentOf(old[4]);
  await open(page, stack, `residents/${resident}`);
  await page.locator('[data-dose="2"]').waitFor();
  assert.equal(await page.locator('main button').count(), 0);
  await page.getByRole('link', { name: '確かめる' }).press('Enter');
  await page.getByText('接種を登録する役割が必要です').waitFor();
  assert.equal(await page.locator('main button').count(), 0);
  await page.context().close();
});
