import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { lineOf, newPage, open, read, signIn, tabTo, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';
import { today } from '../../../infra/console/app/words.js';

const ASKER = '011002';
const SECRET = 'what the scan of the form says';

let old;
before(async () => {
  await stack.addTenant(ASKER);
  old = (await stack.adults()).filter((person) => person['個人番号'] && person['支援措置'] !== '1');
  for (const person of old.slice(0, 3)) {
    await stack.ask(['doses'], 'POST', '/doses', { line: lineOf(person), given_on: '2021-06-15', product: 'ファイザー', lot: 'EY0779', venue: '第一会場', birth_date: person['生年月日'] });
  }
  // Who holds what is indexed from the table's stream.
  await new Promise((resolve) => setTimeout(resolve, 3000));
});

/** Fills the steps of a new basis by keyboard; answers the page that shows it. */
async function record(page, person, number, { hard = false } = {}) {
  await open(page, stack, 'inquiries/new');
  if (hard) {
    await tabTo(page, page.locator('.option input').first());
    await page.keyboard.press('ArrowDown');
  }
  await tabTo(page, page.locator('#programmes'));
  await page.keyboard.press('Enter');
  await tabTo(page, page.locator('#evidence'));
  await page.keyboard.type(number);
  if (!hard) {
    await tabTo(page, page.locator('#signed-on'));
    await page.keyboard.type(today());
    const scan = path.join(stack.folder, '同意書.pdf');
    await writeFile(scan, SECRET);
    await page.locator('#scan').setInputFiles(scan);
    await page.getByText(createHash('sha256').update(SECRET).digest('hex')).waitFor();
    await page.locator('#evidence').focus();
  }
  await page.keyboard.press('Enter');
  await say(page, person);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '登録する' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: '照会の根拠' }).waitFor();
}

async function say(page, person) {
  await tabTo(page, page.locator('#my-number'));
  await page.keyboard.type(person['個人番号']);
  await page.keyboard.press('Tab');
  await page.keyboard.type(person['生年月日']);
}

test('a basis is recorded step by step, asked on once, and every trace of it can be read and checked', async () => {
  const page = await newPage(browser);
  const bodies = [];
  page.on('request', (request) => bodies.push(request.url(), request.postData() ?? ''));
  await signIn(page, stack, { tenant: ASKER });
  await record(page, old[0], 'F-1');
  assert.ok(!bodies.some((body) => body.includes(SECRET)), 'the scan never leaves the browser');
  await say(page, old[0]);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '照会への回答：接種 1件' }).waitFor({ timeout: 60_000 });
  const answer = await page.locator('table').textContent();
  assert.ok(answer.includes('千代田区') && answer.includes('ファイザー') && answer.includes('EY0779'), answer);
  assert.ok(!answer.includes(old[0]['氏名']), 'never a name');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: '回答を CSV で保存する' }).press('Enter');
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), 'answer_F-1.csv');
  assert.match(await read(await saved.path()), /予防接種,接種回,.*\r\n新型コロナウイルス,1,2021-06-15,ファイザー,EY0779,東京都千代田区,131016\r\n$/);
  await page.locator('.badge', { hasText: '照会済み' }).waitFor();
  assert.ok(!bodies.some((body) => body.startsWith('http') && body.includes(old[0]['個人番号'])), 'no My Number in an address');

  // The log is one chain, and a changed entry is noticed.
  await open(page, stack, 'inquiries/log');
  await page.getByRole('button', { name: '改ざんがないか' }).press('Enter');
  await page.getByText('改ざんは見つかりませんでした').first().waitFor();
  await page.route(/\/log\?/, async (route) => {
    const response = await route.fetch();
    const log = await response.json();
    for (const entry of log.entries) if (entry.facts.kind === 'asked') entry.facts.purpose = 'CERTIFICATE';
    await route.fulfill({ response, json: log });
  });
  await page.getByRole('button', { name: '改ざんがないか' }).press('Enter');
  await page.locator('main [role=alert]', { hasText: '一致しません' }).waitFor();

  // Whom was asked about can be told who asked.
  const holder = await newPage(browser);
  await signIn(holder, stack);
  await open(holder, stack, `residents/${await stack.residentOf(old[0])}`);
  await holder.getByText('札幌市').waitFor();
  await open(holder, stack, 'inquiries/log');
  await holder.getByRole('button', { name: '改ざんがないか' }).press('Enter');
  await holder.getByText('改ざんは見つかりませんでした').first().waitFor();
  assert.deepEqual([...page.complaints, ...holder.complaints], []);
  assert.deepEqual(page.outside, []);
  await page.context().close();
  await holder.context().close();
});

test('a form has its day: one that is too old is told where it stands, and the basis shows it', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await open(page, stack, 'inquiries/new');
  await page.locator('.option input').nth(1).check();
  const focused = await page.locator('main form').evaluate(async (form) => {
    form.requestSubmit();
    for (let turns = 0; turns < 5; turns += 1) await null; // What is done in this frame.
    form.querySelector('#evidence').focus();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return document.activeElement.id;
  });
  assert.equal(focused, 'evidence', 'whoever goes on at once stays where they are');
  await page.locator('#evidence').fill('D-day');
  await page.locator('#signed-on').fill('令和2年1月1日');
  await page.locator('#signed-on').press('Enter');
  await say(page, old[0]);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '登録する' }).press('Enter');
  await page.locator('#signed-on[aria-invalid=true]').waitFor();
  await page.getByText('照会根拠の有効期間内の日を指定してください').first().waitFor();
  const yesterday = new Date(Date.now() + (9 - 24) * 3600_000).toISOString().slice(0, 10);
  await page.locator('#signed-on').fill(yesterday);
  for (let step = 0; step < 2; step += 1) await page.getByRole('button', { name: '次へ' }).press('Enter');
  await page.getByRole('button', { name: '登録する' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: '照会の根拠' }).waitFor();
  const [year, month, day] = yesterday.split('-').map(Number);
  await page.locator('dd', { hasText: `${year}年${month}月${day}日` }).first().waitFor();
});

test('a form is recorded with its day, a decision without it if need be', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await open(page, stack, 'inquiries/new');
  const next = page.getByRole('button', { name: '次へ' });
  await next.press('Enter');
  await page.locator('#evidence').fill('F-day');
  await page.locator('#scan').setInputFiles({ name: '同意書.pdf', mimeType: 'application/pdf', buffer: Buffer.from(SECRET) });
  await page.locator('.scan-hash').waitFor();
  await next.press('Enter');
  await page.getByRole('heading', { name: '根拠となる書類' }).waitFor();
  assert.ok(await page.locator('#signed-on').evaluate((it) => it.validity.valueMissing && it === document.activeElement));
  await page.getByRole('button', { name: '前へ' }).press('Enter');
  await page.locator('.option input').nth(1).check();
  await next.press('Enter');
  await page.getByText('空欄なら今日から数えます').waitFor();
  await next.press('Enter');
  await page.locator('#my-number').waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a basis without consent waits for a second person, whom the start page tells', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER, person: 'sato' });
  await record(page, old[1], 'D-1', { hard: true });
  await page.locator('.badge', { hasText: '承認待ち' }).waitFor();
  await page.getByRole('button', { name: '承認する' }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: '承認する' }).press('Enter');
  await page.locator('main [role=alert]').waitFor();

  const second = await newPage(browser);
  await signIn(second, stack, { tenant: ASKER, person: 'suzuki', roles: ['approve'] });
  await open(second, stack, '');
  await second.locator('.hand', { hasText: '承認を待っている' }).press('Enter');
  await second.getByRole('link', { name: 'D-1' }).press('Enter');
  await second.getByRole('button', { name: '承認する' }).press('Enter');
  await second.getByRole('dialog').getByRole('button', { name: '承認する' }).press('Enter');
  await second.locator('.badge', { hasText: '照会できます' }).waitFor();
  assert.equal(await second.locator('#my-number').count(), 0, 'who may only approve cannot ask');
  await page.context().close();
  await second.context().close();
});

test('a basis that somebody else withdrew meanwhile is shown as it is now', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER, person: 'sato', roles: ['inquire', 'approve'] });
  await record(page, old[2], 'D-2', { hard: true });
  await page.locator('.badge', { hasText: '承認待ち' }).waitFor();
  assert.ok((await stack.askAs(ASKER, ['inquire'], 'POST', `/consents/${page.url().split('/').at(-1)}/revoke`)).ok);
  // Nobody approves what they recorded, so this is answered as to somebody else.
  const late = { code: 'CONSENT_NOT_WAITING', title: '承認を待っていません', title_en: 'it does not wait' };
  await page.route(/\/approve$/, (route) => route.fulfill({ status: 409, json: late }), { times: 1 });
  await page.getByRole('button', { name: '承認する' }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: '承認する' }).press('Enter');
  await page.locator('.badge', { hasText: '取り下げ' }).waitFor();
  await page.locator('main [role=alert]', { hasText: late.title }).waitFor();
  assert.equal(await page.getByRole('button', { name: '承認する' }).count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('another person than the basis is about is refused, and an answer that was lost comes again', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await record(page, old[2], 'F-3');
  await say(page, old[1]);
  await page.keyboard.press('Enter');
  await page.locator('main [role=alert]').waitFor();
  let tries = 0;
  await page.route(/\/inquiries$/, async (route) => {
    tries += 1;
    if (tries > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.locator('#my-number').fill(old[2]['個人番号']);
  await page.locator('#birth-date').fill(old[2]['生年月日']);
  await page.keyboard.press('Enter');
  await page.locator('main [role=alert]', { hasText: 'ネットワーク' }).waitFor();
  await page.locator('#birth-date').press('Enter');
  await page.getByRole('heading', { name: '照会への回答：接種 1件' }).waitFor({ timeout: 60_000 });
  await page.context().close();
});

test('an answer that was given is shown again to whoever asked, and to nobody else', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await record(page, old[2], 'F-6');
  const [, hash] = page.url().split('#/');
  await say(page, old[2]);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '照会への回答：接種 1件' }).waitFor({ timeout: 60_000 });
  for (const [person, isGiven] of [['suzuki', false], ['健康課 佐藤', true]]) {
    await signIn(page, stack, { tenant: ASKER, person });
    await open(page, stack, hash);
    await page.getByRole('heading', { name: '回答をもう一度表示する' }).waitFor();
    await say(page, old[2]);
    await page.keyboard.press('Enter');
    if (isGiven) await page.getByRole('heading', { name: '照会への回答：接種 1件' }).waitFor({ timeout: 60_000 });
    else await page.locator('main [role=alert]').waitFor();
  }
  assert.ok((await page.locator('table').textContent()).includes('EY0779'));

  // In another language, too: it stays, in the words of that.
  await page.getByRole('button', { name: 'English' }).press('Enter');
  await page.getByRole('heading', { name: 'Answer: 1 dose' }).waitFor();
  await page.locator('.nav').getByRole('link', { name: 'Inquiries' }).waitFor();
  assert.ok((await page.locator('table').textContent()).includes('EY0779'));
  assert.ok(!/[ぁ-ん]/.test(await page.locator('main').innerText()), 'nothing is left in Japanese');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('an answer stays when the basis cannot be read anew after it', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await record(page, old[1], 'F-5');
  await say(page, old[1]);
  await page.route(/\/consents\/[^/?]+$/, (route) => route.fulfill({ status: 429, json: {} }), { times: 1 });
  await page.keyboard.press('Enter');
  await page.locator('main [role=alert]', { hasText: '混み合っています' }).waitFor({ timeout: 60_000 });
  await page.getByRole('heading', { name: '照会への回答：接種 1件' }).waitFor();
  assert.ok((await page.locator('table').textContent()).includes('EY0779'));
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: '回答を CSV で保存する' }).press('Enter');
  assert.equal((await saving).suggestedFilename(), 'answer_F-5.csv');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('an inquiry that was begun elsewhere goes on under the id that it has there', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await record(page, old[0], 'F-4');
  const sent = [];
  const theirs = '01890000-0000-7000-8000-000000000001';
  await page.route(/\/inquiries$/, (route) => {
    sent.push(route.request().postDataJSON().inquiry);
    return route.fulfill({ status: 503, json: { code: 'TRY_AGAIN', title: '少し待ってください', title_en: 'wait a little', inquiry: theirs } });
  });
  await say(page, old[0]);
  for (let tries = 0; tries < 2; tries += 1) {
    const answered = page.waitForResponse(/\/inquiries$/);
    await page.keyboard.press('Enter');
    await answered;
    await page.locator('main [role=alert]').waitFor();
    await page.locator('main form button[type=submit]:enabled').waitFor();
  }
  assert.match(sent[0], /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.deepEqual(sent.slice(1), [theirs]);
  await page.context().close();
});

test('many inquiries that met nobody are told where one asks', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { tenant: ASKER });
  await page.route(/\/inquiries\?/, async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    Object.assign(json.today, { nothing_found: 20, mismatched: 11, usual_misses: 25, many_misses: true });
    await route.fulfill({ response, json });
  });
  for (const hash of ['inquiries', 'inquiries/file']) {
    await open(page, stack, hash);
    await page.locator('.notice-warning', { hasText: '31件' }).waitFor();
  }
  await page.context().close();
});

test('of several scans that were chosen the last one is recorded, and one that cannot be read is told', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['inquire'] });
  await open(page, stack, 'inquiries/new');
  await page.evaluate(() => {
    const digest = crypto.subtle.digest.bind(crypto.subtle);
    crypto.subtle.digest = async (name, data) => {
      const found = await digest(name, data);
      if (data.byteLength > 1000) await new Promise((resolve) => { globalThis.letGo = resolve; });
      return found;
    };
    const whole = Blob.prototype.arrayBuffer;
    Blob.prototype.arrayBuffer = function read() {
      return this.name === 'gone.pdf' ? Promise.reject(new DOMException('gone', 'NotReadableError')) : whole.call(this);
    };
  });
  const pdf = (name, text) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from(text) });
  const hash = (text) => createHash('sha256').update(text).digest('hex');
  const long = 'x'.repeat(2000);
  await page.getByRole('button', { name: '次へ' }).press('Enter');
  await page.locator('#scan').setInputFiles(pdf('long.pdf', long));
  await page.waitForFunction(() => globalThis.letGo);
  await page.locator('#scan').setInputFiles(pdf('short.pdf', SECRET));
  await page.getByText(hash(SECRET)).waitFor();
  await page.evaluate(() => globalThis.letGo());
  await page.waitForTimeout(100);
  assert.equal(await page.locator('.scan-hash code').textContent(), hash(SECRET));

  await page.locator('#scan').setInputFiles(pdf('gone.pdf', SECRET));
  await page.getByText('このファイルを読めませんでした').waitFor();
  assert.equal(await page.locator('.scan-hash').count(), 0);
  assert.ok(await page.getByRole('button', { name: '次へ' }).isDisabled());
  await page.locator('#scan').setInputFiles(pdf('short.pdf', SECRET));
  await page.getByText(hash(SECRET)).waitFor();
  assert.equal(await page.getByText('このファイルを読めませんでした').count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
