import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { median, newPage, open, signIn, startBrowser, startStack } from '../stack.mjs';

let stack;
let browser;
before(async () => {
  stack = await startStack();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

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
