import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, newPage, open, signIn } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

test('the first view is small, quick, and asks nobody outside', async () => {
  const tries = [];
  for (let time = 0; time < 5; time += 1) {
    const page = await newPage(browser);
    const answers = [];
    page.on('response', (response) => answers.push(response));
    const started = performance.now();
    await page.goto(`${stack.url}/`);
    await page.getByRole('button', { name: 'ログイン' }).waitFor();
    const took = performance.now() - started;
    await page.waitForLoadState('networkidle');
    let bytes = 0;
    for (const answer of answers) bytes += (await answer.body()).length + JSON.stringify(answer.headers()).length;
    assert.ok(bytes > 50_000, `only ${bytes} bytes were counted`);
    assert.ok(bytes < 150_000, `${bytes} bytes`);
    assert.deepEqual(page.outside, []);
    assert.deepEqual(page.complaints, []);
    tries.push(took);
    console.log(`first view, nothing kept: ${Math.round(bytes / 1000)} kB, ${Math.round(took)} ms`);
    await page.context().close();
  }
  assert.ok(median(tries) < 1000, `${tries} ms`);
});

test('a token is in memory only, and gone with the page', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  assert.ok(!kept.includes('eyJ'), kept);
  assert.ok(!kept.includes('code='), kept);
  await page.reload();
  await page.getByRole('button', { name: 'ログイン' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a sign-in that this browser did not begin is refused', async () => {
  const page = await newPage(browser);
  await page.goto(`${stack.url}/?code=stolen&state=foreign`);
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('.nav').count(), 0);
  assert.ok(!page.url().includes('stolen'));
  await page.context().close();
});

test('the issuer is asked to have people sign in anew, whoever it still knows', async () => {
  const page = await newPage(browser);
  const asked = [];
  page.on('request', (request) => /\/authorize\?/.test(request.url()) && asked.push(new URL(request.url()).searchParams.get('prompt')));
  await signIn(page, stack);
  assert.deepEqual(asked, ['login']);
  await page.context().close();
});

test('a token of another sign-in is refused', async () => {
  const page = await newPage(browser);
  const tokenOf = (claims) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  await page.route(/\/token$/, async (route) => {
    const response = await route.fetch();
    const told = await response.json();
    await route.fulfill({ response, json: { ...told, id_token: tokenOf({ nonce: 'of another' }) } });
  });
  await page.goto(`${stack.url}/`);
  await page.getByRole('button', { name: 'ログイン' }).click();
  await page.locator('#tenant').fill('131016');
  await page.locator('button[type=submit]').click();
  await page.getByRole('alert').filter({ hasText: 'ログインできませんでした' }).waitFor();
  assert.equal(await page.locator('.nav').count(), 0);
  await page.context().close();
});

test('before a sign-in ends it can go on beside the page, which stays as it is; to somebody else nothing of it stays', { timeout: 120_000 }, async () => {
  const page = await newPage(browser);
  await page.clock.install();
  await signIn(page, stack, { roles: ['read'] });
  await open(page, stack, 'residents');
  const name = page.locator('#search-name');
  const stay = page.getByRole('button', { name: 'もう一度ログインして続ける' });
  const beside = async (person) => {
    await page.clock.fastForward('03:52:00');
    const opened = page.context().waitForEvent('page');
    await stay.press('Enter');
    const window = await opened;
    await window.waitForURL(/\/authorize/);
    await window.locator('#tenant').fill('131016');
    await window.locator('#person').fill(person);
    await window.locator('button[type=submit]').press('Enter');
    await stay.waitFor({ state: 'detached' });
  };
  await name.fill('半分');
  assert.equal(await stay.count(), 0);
  await beside('健康課 佐藤');
  assert.equal(await name.inputValue(), '半分');
  await open(page, stack, 'checks');
  await open(page, stack, 'residents');
  await page.locator('#search-birth_date').fill('19800401');
  await name.fill('半分');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('main .notice, main .empty, main [role=status]'));
  assert.equal(await page.locator('.nav').count(), 1, 'the new token is taken');
  await beside('保健課 鈴木');
  await page.locator('.person', { hasText: '保健課 鈴木' }).waitFor();
  await open(page, stack, 'residents');
  assert.equal(await name.inputValue(), '');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('pages follow the roles', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['register'] });
  const names = await page.locator('.nav a').allTextContents();
  assert.ok(names.some((name) => name.includes('ファイル')));
  assert.ok(!names.some((name) => name.includes('住民')));
  await open(page, stack, 'residents');
  await page.getByRole('heading', { name: '見つかりません' }).waitFor();
  await page.context().close();
});

test('the header names the municipality to everybody, before its first file too', async () => {
  for (const role of ['read', 'register', 'doses', 'inquire', 'approve']) {
    const page = await newPage(browser);
    await signIn(page, stack, { roles: [role] });
    await page.locator('.place', { hasText: '千代田区 131016' }).waitFor();
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});

test('a page that was open before signing in is open after it', async () => {
  const page = await newPage(browser);
  await page.goto(`${stack.url}/#/files`);
  await page.getByRole('button', { name: 'ログイン' }).click();
  await page.locator('#tenant').fill('131016');
  await page.locator('button[type=submit]').click();
  await page.getByRole('heading', { level: 1, name: 'ファイル' }).waitFor();
  await page.context().close();
});

test('without its settings the console says so, in both languages', async () => {
  for (const answer of [{ status: 404, body: 'nothing' }, { json: {} }, null]) {
    const page = await newPage(browser);
    await page.route(/\/config\.json$/, (route) => (answer ? route.fulfill(answer) : route.abort()));
    await page.goto(`${stack.url}/`);
    const told = page.getByRole('alert');
    for (const [language, text] of [['ja', '設定（config.json）を読み込めない'], ['en', 'its settings (config.json) cannot be loaded']]) await told.locator(`[lang=${language}]`, { hasText: text }).waitFor();
    await page.context().close();
  }
});

test('an issuer may be written with a slash behind it', async () => {
  const page = await newPage(browser);
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.route(/\/config\.json$/, async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    await route.fulfill({ response, json: { ...config, issuer: `${config.issuer.replace(/\/$/, '')}/` } });
  });
  await signIn(page, stack);
  assert.deepEqual(asked.filter((it) => it.includes('//')), []);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a page that could not be fetched is fetched again, when it is asked for and when somebody comes back to it', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await page.route(/\/pages\/(settings|checks)\.js$/, (route) => route.abort(), { times: 2 });
  for (const name of ['設定', '接種の確認']) {
    await page.locator('.nav').getByRole('link', { name }).press('Enter');
    await page.locator('.nav [aria-current=page]', { hasText: name }).waitFor();
    await page.locator('main [role=alert]').waitFor();
  }
  await page.getByRole('button', { name: 'もう一度開く' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: '接種の確認' }).waitFor();
  await page.locator('.nav').getByRole('link', { name: '設定' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: '設定' }).waitFor();
  await page.context().close();
});
