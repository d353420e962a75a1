// What the browser is told to keep, and that nothing ever goes elsewhere.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DESK, lineOf, newPage, open, read, signIn, startBrowser, startStack } from '../stack.mjs';

let stack;
let browser;
let old;
before(async () => {
  stack = await startStack();
  browser = await startBrowser('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream');
  old = await stack.adults();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const HEADERS = {
  'cache-control': 'no-cache',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(self), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

test('every file comes with the headers that keep it, and the browser keeps to them', async () => {
  // The pages as the binary has them: no route stands between.
  const page = await (await browser.newContext({ viewport: DESK })).newPage();
  const answers = [];
  page.on('response', (answer) => answers.push(answer));
  await page.goto(`${stack.url}/`);
  await page.getByRole('button', { name: 'ログイン' }).waitFor();
  await page.waitForLoadState('networkidle');
  assert.ok(answers.length > 8, `${answers.length} files`);
  for (const answer of answers) {
    const headers = await answer.allHeaders();
    for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers[name], value, `${name} of ${answer.url()}`);
    const policy = Object.fromEntries(headers['content-security-policy'].split(';').map((it) => it.trim().split(/\s+/)).map(([name, ...values]) => [name, values.join(' ')]));
    assert.deepEqual(policy, {
      'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'img-src': "'self'", 'connect-src': `'self' ${stack.s3}`,
      'form-action': "'none'", 'frame-ancestors': "'none'", 'base-uri': "'none'", 'require-trusted-types-for': "'script'", 'trusted-types': "'none'",
    }, answer.url());
  }
  const refused = await page.evaluate(async () => {
    const found = [];
    document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective));
    await fetch('https://example.com/').catch(() => {});
    const picture = new Image();
    await new Promise((resolve) => {
      picture.onerror = resolve;
      picture.src = 'https://example.com/x.png';
    });
    document.body.append(Object.assign(document.createElement('style'), { textContent: 'body { display: none }' }));
    try {
      document.body.innerHTML = '<p>x</p>';
    } catch {
      found.push('innerHTML');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    return found;
  });
  for (const directive of ['connect-src', 'img-src', 'style-src-elem', 'innerHTML']) assert.ok(refused.includes(directive), `${directive} in ${refused}`);
  await page.context().close();
});

test('a walk through everything asks the console, its API and its bucket, and nobody else', { timeout: 180_000 }, async () => {
  const page = await newPage(browser);
  const origins = new Set();
  page.context().on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'blob:') origins.add(origin);
  });
  await signIn(page, stack);
  const rows = (await read(path.join(stack.folder, 'residents_20210401.csv'))).trim().split(/\r?\n/);
  const file = path.join(stack.folder, 'residents_20210402.csv');
  await writeFile(file, `${[...rows, rows[1].split(',').with(7, '7').join(',')].join('\r\n')}\r\n`);
  await open(page, stack, 'files');
  await page.locator('#file-input').setInputFiles(file);
  await page.locator('li.card').getByRole('link').press('Enter', { timeout: 60_000 });
  await page.locator('.rows-box tbody tr').first().waitFor({ timeout: 60_000 });
  await open(page, stack, `residents/${await stack.residentOf(old[0])}`);
  await open(page, stack, 'doses');
  for (const [name, value] of [['given_on', '2021-06-15'], ['product', 'ファイザー'], ['lot', 'EY0779']]) await page.locator(`#shared-${name}`).fill(value);
  await page.getByRole('button', { name: 'カメラで読む' }).press('Enter');
  await page.locator('.camera video').waitFor();
  await page.waitForFunction(() => globalThis.jsQR, null, { timeout: 20_000 });
  await page.getByRole('button', { name: 'カメラを止める' }).press('Enter');
  await page.locator('#line').fill(lineOf(old[0]));
  await page.locator('.panel-kana').waitFor();
  await page.waitForTimeout(350);
  await page.keyboard.press('Enter');
  await page.locator('[data-outcome="recorded"]').waitFor();
  await open(page, stack, 'exports');
  await page.locator('form button[type=submit]').press('Enter');
  await page.locator('[data-export="published"]').waitFor({ timeout: 60_000 });
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: /ledger.*\.csv/ }).press('Enter');
  await saving;
  await open(page, stack, 'settings');
  await page.locator('#sample').setInputFiles(file);
  await page.locator('select').first().waitFor();
  for (const hash of ['', 'doses/presets', 'checks', 'inquiries', 'inquiries/new', 'inquiries/file', 'inquiries/log', 'settings/general', 'settings/lots', 'nowhere']) await open(page, stack, hash);
  await page.getByRole('button', { name: 'English' }).press('Enter');
  await page.getByRole('button', { name: 'Sign out' }).press('Enter');
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.deepEqual([...origins].sort(), [stack.url, stack.s3].sort());
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
