// What was seen and entered ends with the sign-in, and doses that wait belong to who entered them.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { lineOf, newPage, open, signIn, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

const OTHER = '011002';
const VENUE = '秘密の会場';
const PRESET = { name: '秘密の予定', physician: '秘密の医師' };

let old;
before(async () => {
  await stack.addTenant(OTHER);
  old = await stack.adults();
});

const namesOf = (person) => [person['氏名'], person['氏名カナ'], person['券番号'], person['個別宛名番号'], person['個人番号']].filter(Boolean);

/** Every string that scripts of the page can still reach. */
async function heap(page) {
  const session = await page.context().newCDPSession(page);
  const chunks = [];
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await session.detach();
  return JSON.parse(chunks.join('')).strings.join('\n');
}

const shown = (page) => page.evaluate(() => [document.title, location.href, document.documentElement.outerHTML, ...[...document.querySelectorAll('input')].map((it) => it.value)].join('\n'));
const found = (text, secrets) => secrets.filter((secret) => text.includes(secret));

async function share(page) {
  await open(page, stack, 'doses');
  for (const [name, value] of [['given_on', '2021-06-15'], ['product', 'ファイザー'], ['lot', 'EY0779'], ['venue', VENUE]]) await page.locator(`#shared-${name}`).fill(value);
}

const leave = (page) => page.locator('header').getByRole('button', { name: 'ログアウト' }).press('Enter');
const welcome = (page) => page.getByRole('button', { name: 'ログイン', exact: true });

test('signing out leaves nothing of what was seen and entered, for nobody', { timeout: 180_000 }, async () => {
  const [seen, skipped, dropped] = [old[0], old[1], '家族の名簿.csv'];
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'residents');
  await page.getByLabel('券番号', { exact: true }).check({ force: true });
  await page.locator('#search-coupon').fill(seen['券番号']);
  await page.keyboard.press('Enter');
  await page.locator('table a').first().press('Enter');
  await page.locator('h2.name').waitFor();
  await share(page);
  await page.locator('#line').fill(lineOf(skipped));
  await page.locator('.panel-kana').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('[data-entry="skipped"]').waitFor();
  await open(page, stack, 'doses/presets');
  for (const [name, value] of Object.entries(PRESET)) await page.locator(`#preset-${name}`).fill(value);
  await page.keyboard.press('Enter');
  await page.locator('tbody tr', { hasText: PRESET.physician }).waitFor();
  await open(page, stack, 'files');
  const file = path.join(stack.folder, dropped);
  await writeFile(file, '氏名\r\n誰か\r\n');
  await page.locator('#file-input').setInputFiles(file);
  await page.locator('li.card', { hasText: dropped }).getByRole('link').waitFor({ timeout: 60_000 });
  const secrets = [...namesOf(seen), skipped['券番号'], VENUE, ...Object.values(PRESET)];
  const before = found(await heap(page), secrets);
  for (const secret of [seen['氏名'], seen['券番号'], skipped['券番号'], VENUE, ...Object.values(PRESET)]) assert.ok(before.includes(secret), `${secret} is not looked for where it would be`);

  await leave(page);
  // Presets that are in no file yet are asked about.
  await page.getByRole('dialog').getByText('ファイルに保存していない変更').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'ログアウト' }).press('Enter');
  await welcome(page).waitFor();
  // The file that was dropped is held by what drives the browser, too: it is looked for in the page only.
  assert.deepEqual(found(await shown(page), [...secrets, dropped]), []);
  assert.ok(page.url().endsWith('#/'), page.url());
  assert.deepEqual(found(await heap(page), secrets), [], 'after signing out');

  await signIn(page, stack, { tenant: OTHER, person: '保健課 鈴木' });
  for (const hash of ['', 'residents', 'doses', 'doses/presets', 'files']) {
    await open(page, stack, hash);
    assert.deepEqual(found(await shown(page), [...secrets, dropped]), [], hash);
  }
  assert.equal(await page.locator('[data-entry], table a').count(), 0);
  assert.deepEqual(found(await heap(page), secrets), [], 'of somebody else');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

/** How a page learns that it is late: its timer, or somebody who comes back to a machine on which no timer ran meanwhile. */
const LATE = {
  'a timer': (page) => page.clock.fastForward('04:00:01'),
  'a tab that is shown again': (page) => comeBackTo(page, () => document.dispatchEvent(new Event('visibilitychange'))),
  'a page that is opened from the past': (page) => comeBackTo(page, () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))),
};

async function comeBackTo(page, event) {
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 5_000));
  await page.clock.setSystemTime(await page.evaluate(() => Date.now() + 4 * 3_600_000));
  assert.equal(await page.locator('h2.name').count(), 1, 'no timer ran');
  await page.evaluate(event);
}

for (const [what, late] of Object.entries(LATE)) {
  test(`a sign-in that ends while nobody asks for anything leaves nothing on the screen: ${what}`, async () => {
    const person = old[4];
    const page = await newPage(browser);
    await page.clock.install();
    await signIn(page, stack);
    await open(page, stack, `residents/${await stack.residentOf(person)}`);
    await page.locator('h2.name', { hasText: person['氏名'] }).waitFor();
    const asked = [];
    page.on('response', (response) => asked.push(response.status()));
    await late(page);
    await page.getByText('有効期限が切れました').waitFor();
    await welcome(page).waitFor();
    assert.ok(!asked.includes(401), 'the API was not needed to know it');
    assert.deepEqual(found(await shown(page), namesOf(person)), []);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
}

test('a sign-in that ends while presets are in no file says that they are gone', async () => {
  const page = await newPage(browser);
  await page.clock.install();
  await signIn(page, stack);
  await open(page, stack, 'doses/presets');
  for (const [name, value] of Object.entries(PRESET)) await page.locator(`#preset-${name}`).fill(value);
  await page.keyboard.press('Enter');
  await page.locator('tbody tr', { hasText: PRESET.physician }).waitFor();
  await page.clock.fastForward('04:00:01');
  await welcome(page).waitFor();
  await page.getByText('保存していなかったプリセットは消えました').waitFor();
  assert.deepEqual(found(await shown(page), Object.values(PRESET)), []);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

/** Signs in in the window that opens beside a page that holds doses. */
async function signInBeside(page, tenant, person, roles = ['read', 'doses']) {
  const opened = page.context().waitForEvent('page');
  await welcome(page).press('Enter');
  const beside = await opened;
  await beside.waitForURL(/\/authorize/);
  await beside.locator('#tenant').fill(tenant);
  await beside.locator('#person').fill(person);
  for (const box of await beside.locator('input[name=role]').all()) await box.setChecked(roles.includes(await box.getAttribute('value')));
  await beside.locator('button[type=submit]').press('Enter');
  await page.waitForSelector('.nav');
}

test('doses that wait are seen and sent by nobody but who entered them', { timeout: 180_000 }, async () => {
  const person = old[2];
  const secrets = [person['券番号'], person['生年月日'], VENUE, 'EY0779'];
  const recorded = async () => (await (await stack.ask(['read'], 'GET', '/doses/counts')).json()).recorded;
  const before = await recorded();
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['doses'] });
  await share(page);
  await page.context().setOffline(true);
  await page.locator('#line').fill(lineOf(person));
  await page.locator('#born').waitFor();
  await page.keyboard.type(person['生年月日']);
  await page.keyboard.press('Enter');
  await page.locator('[data-entry="queued"]').waitFor();

  // Whoever wants to leave is told, and may stay.
  await leave(page);
  const sure = page.getByRole('dialog');
  await sure.getByText('送信待ちの接種が1件あります').waitFor();
  await sure.getByRole('button', { name: 'ログインしたままにする' }).press('Enter');
  assert.equal(await page.locator('[data-entry="queued"]').count(), 1);
  await leave(page);
  await sure.getByRole('button', { name: 'ログアウト' }).press('Enter');
  await page.getByText('送信待ちの接種が1件あります').waitFor();
  assert.deepEqual(found(await shown(page), secrets), []);
  assert.deepEqual(found(await heap(page), secrets), [], 'what waits is sealed');

  const sent = [];
  page.on('request', (request) => request.method() === 'POST' && /\/doses$/.test(request.url()) && sent.push(request.url()));
  await page.context().setOffline(false);
  for (const [tenant, name] of [[OTHER, '健康課 佐藤'], [TENANT, '保健課 鈴木']]) {
    await signInBeside(page, tenant, name);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await open(page, stack, 'doses');
    await page.waitForTimeout(2_500);
    assert.deepEqual(sent, [], `${tenant} ${name} sends nothing`);
    assert.deepEqual(found(await shown(page), secrets), []);
    assert.equal(await page.locator('[data-entry], .notice-warning').count(), 0);
    assert.deepEqual(found(await heap(page), secrets), [], `of ${tenant} ${name}`);
    await leave(page);
    await page.getByText('送信待ちの接種が1件あります').waitFor();
  }

  // The same person, without the role that records doses: they would be refused, and gone.
  await signInBeside(page, TENANT, '健康課 佐藤', ['read']);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.waitForTimeout(2_500);
  assert.deepEqual(sent, [], 'who may not send does not');
  await leave(page);
  await page.getByText('送信待ちの接種が1件あります').waitFor();

  await signInBeside(page, TENANT, '健康課 佐藤');
  await page.locator('[data-entry="recorded"]', { hasText: person['券番号'].slice(-4) }).waitFor({ timeout: 20_000 });
  assert.equal(sent.length, 1);
  assert.equal(await recorded(), before + 1);
  await leave(page);
  await welcome(page).waitFor();
  assert.equal(await page.getByText('送信待ちの接種が').count(), 0);
  assert.deepEqual(page.complaints.filter((it) => !it.includes('ERR_INTERNET_DISCONNECTED')), []);
  await page.context().close();
});

test('files that are not sent yet are asked about, and named when the sign-in ends without asking', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await page.route(`${stack.s3}/**`, () => {}); // nothing is ever sent
  await open(page, stack, 'files');
  const files = ['a_20210401.csv', 'b_20210402.csv'].map((name) => ({ name, mimeType: 'text/csv', buffer: Buffer.from('x\r\n') }));
  await page.locator('#file-input').setInputFiles(files);
  await page.locator('li.card', { hasText: '送っています' }).waitFor();
  await leave(page);
  const sure = page.getByRole('dialog');
  await sure.getByText('送り終えていないファイルが2件あります').waitFor();
  await sure.getByRole('button', { name: 'ログインしたままにする' }).press('Enter');
  const asked = page.waitForEvent('dialog');
  await page.evaluate(() => setTimeout(() => location.reload()));
  const dialog = await asked;
  assert.equal(dialog.type(), 'beforeunload');
  await dialog.dismiss();
  await page.route(/\/exports(\?|$)/, (route) => route.fulfill({ status: 401, json: {} }));
  await page.locator('.nav').getByRole('link', { name: '書き出し' }).press('Enter');
  await page.getByText('有効期限が切れました').waitFor();
  await page.getByRole('alert').filter({ hasText: '送り終えていないファイルが2件あります' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
