import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { newPage, open, read, signIn, tabTo, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

const HEADER = '自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動区分,異動日,異動事由,支援措置';
const ended = (page) => page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });

async function drop(page, ...files) {
  await open(page, stack, 'files');
  await page.locator('#file-input').setInputFiles(files);
}

test('files are dropped, followed and told row by row, and what was refused is mended in the table', async () => {
  const first = await stack.generate('residents_20210401.csv', '--residents', '400');
  const second = await stack.generate('residents_20210402.csv', '--residents', '400', '--changed', '3', '--defects', '5', '--encoding', 'cp932');
  const page = await newPage(browser);
  await signIn(page, stack);

  // By keyboard: to the button that opens the file chooser.
  await open(page, stack, 'files');
  await tabTo(page, page.getByRole('button', { name: 'ファイルを選ぶ' }));
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles([second, first]);
  const results = page.getByRole('link', { name: '結果を見る' });
  await results.nth(1).waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => document.querySelectorAll('.table-box .badge-good').length >= 2, null, { timeout: 60_000 });

  // The file of the second day, which was chosen first, came second.
  await page.locator('.table-box tbody a').first().press('Enter');
  await page.getByRole('heading', { level: 1, name: 'residents_20210402.csv' }).waitFor();
  await ended(page);
  const told = Object.fromEntries(await page.locator('.legend li').evaluateAll((items) => items.map((it) => [it.querySelector('.legend-name').textContent, Number(it.querySelector('.legend-value').textContent.replace(/,/g, ''))])));
  const rows = Number((await page.locator('#rows-title').textContent()).replace(/\D/g, ''));
  assert.equal(Object.values(told).reduce((sum, value) => sum + value, 0), rows);
  assert.ok(told['取り込めない'] > 5, JSON.stringify(told));

  // The receipt, by a link that is asked for now.
  const receiving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'receipt.json' }).press('Enter');
  assert.equal(JSON.parse(await read(await (await receiving).path())).file, 'residents_20210402.csv');

  // The refused rows as they came, to be mended elsewhere.
  await page.locator('.rows-box').waitFor();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV で保存して直す' }).press('Enter');
  assert.equal((await saving).suggestedFilename(), 'residents_20210402_errors.csv');

  // A missing zero, mended in the table and sent again.
  const field = page.locator('tr:has(.wrong)', { hasText: '性別の値が' }).locator('.edit').first();
  await field.scrollIntoViewIfNeeded();
  await field.fill('1');
  await field.press('Tab');
  await page.getByRole('button', { name: '直した1行を送る' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'residents_20210402_errors.csv' }).waitFor({ timeout: 60_000 });
  await ended(page);
  assert.match(await page.locator('#rows-title').textContent(), /^1行/);
  assert.deepEqual(page.complaints, []);
  assert.deepEqual(page.outside, []);
  await page.context().close();
});

test('what as-of date a register has is told while it is sent', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const files = ['住民_令和3年4月1日.csv', 'juki.csv'].map((name) => ({ name, mimeType: 'text/csv', buffer: Buffer.from('x\r\n') }));
  await drop(page, ...files);
  await page.locator('li.card', { hasText: '基準日 2021年4月1日' }).filter({ hasText: '「residents_20210401.csv」として送ります' }).waitFor();
  await page.locator('li.card', { hasText: 'juki.csv' }).filter({ hasText: '基準日なし' }).waitFor();
  await page.getByRole('link', { name: '結果を見る' }).nth(1).waitFor({ timeout: 60_000 });
  // It says nothing about doses.
  await page.getByLabel('接種記録').check({ force: true });
  await page.locator('#file-input').setInputFiles({ ...files[1], name: 'venue.csv' });
  await page.locator('li.card', { hasText: 'venue.csv' }).waitFor();
  assert.equal(await page.locator('li.card', { hasText: 'venue.csv' }).filter({ hasText: '基準日' }).count(), 0);
  await page.locator('li.card', { hasText: 'venue.csv' }).getByRole('link').waitFor({ timeout: 60_000 });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('how much of a file is sent is seen while it is, and that it goes on where nobody knows how far', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'files');
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 500_000 });
  await page.evaluate(() => {
    globalThis.seen = [];
    setInterval(() => {
      const it = document.querySelector('li.card progress');
      if (it) globalThis.seen.push([it.getAttribute('aria-label'), it.matches(':indeterminate') ? null : it.value]);
    }, 20);
  });
  await page.locator('#file-input').setInputFiles({ name: 'large.csv', mimeType: 'text/csv', buffer: Buffer.from(`${'x'.repeat(99)}\n`.repeat(15_000)) });
  await page.locator('li.card').getByRole('link').waitFor({ timeout: 60_000 });
  const seen = await page.evaluate(() => globalThis.seen);
  const sent = seen.filter(([label]) => label === '送っています').map(([, share]) => share).filter((share) => share !== null);
  assert.ok(new Set(sent.filter((share) => share > 0 && share < 1)).size > 1, JSON.stringify(sent));
  assert.deepEqual(sent, sent.toSorted((a, b) => a - b));
  const arriving = seen.filter(([label]) => label === '受け付けています');
  assert.ok(arriving.length && arriving.every(([, share]) => share === null), JSON.stringify(arriving));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a file that has arrived is not said to be unsent when the network fails behind it', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'files');
  const looked = /\/uploads\?limit=50$/;
  let asked = 0;
  await page.route(looked, (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    asked += 1;
    if (asked === 1) return route.abort();
    return asked < 4 ? route.fulfill({ status: asked === 2 ? 429 : 503, json: {} }) : route.fallback();
  });
  const file = (name) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(`${name}\r\n`) });
  const card = (name) => page.locator('li.card', { hasText: name });
  await page.locator('#file-input').setInputFiles(file('patient.csv'));
  await card('patient.csv').getByRole('link').waitFor({ timeout: 60_000 });
  assert.ok(asked > 3, `${asked} times`);
  // What will not pass is said, and that the file is there.
  await page.unroute(looked);
  await page.route(looked, (route) => route.fulfill({ status: 500, json: {} }));
  await page.locator('#file-input').setInputFiles(file('unseen.csv'));
  await card('unseen.csv').getByRole('alert').filter({ hasText: '一覧で結果を確かめてください' }).waitFor();
  assert.equal(await card('unseen.csv').getByText('送れませんでした').count(), 0);
  assert.deepEqual(page.complaints.filter((it) => !/ERR_FAILED|status of 50/.test(it)), []);
  await page.context().close();
});

/** Lets a file fall onto the page, as a mouse does. */
async function letFall(page, name, bytes) {
  await open(page, stack, 'files');
  const carried = await page.evaluateHandle(([as, base64]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(base64), (it) => it.charCodeAt(0))], as, { type: 'text/csv' }));
    return data;
  }, [name, bytes.toString('base64')]);
  const place = page.locator('.drop');
  await place.dispatchEvent('dragover', { dataTransfer: carried });
  await page.locator('.drop-over').waitFor();
  await place.dispatchEvent('drop', { dataTransfer: carried });
  await page.locator('.drop-over').waitFor({ state: 'detached' });
  await page.locator('li.card', { hasText: name }).getByRole('link').press('Enter', { timeout: 60_000 });
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await ended(page);
}

test('files fall in by mouse, and refused rows that were mended in the saved CSV fall in again', async () => {
  await stack.vrs('tenant', 'settings', TENANT, '--max-refused', '100', '--dynamodb', stack.dynamodb);
  const page = await newPage(browser);
  await signIn(page, stack);
  const rows = [`${TENANT},M1,,,"読点,の人",,19800401,7,,,,`, `${TENANT},M2,,,二人目,,19801399,1,,,,`, `${TENANT},M3,,,三人目,,19800401,1,,,,`];
  await letFall(page, 'fallen.csv', Buffer.from(`${HEADER}\r\n${rows.join('\r\n')}\r\n`));
  await page.locator('.rows-box tbody tr').nth(1).waitFor();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV で保存して直す' }).press('Enter');
  const saved = await read(await (await saving).path());
  const mended = saved.replace(',19800401,7,', ',19800401,2,').replace(',19801399,', ',19801231,');
  assert.equal(saved.length, mended.length);
  await letFall(page, 'fallen_errors.csv', Buffer.from(mended));
  assert.match(await page.locator('#rows-title').textContent(), /^2行/);
  assert.equal(await page.locator('.rows-box').count(), 0, 'nothing is refused any more');
  for (const [number, name] of [['M1', '読点,の人'], ['M2', '二人目'], ['M3', '三人目']]) {
    const { residents } = await (await stack.ask(['read'], 'POST', '/residents/search', { number })).json();
    assert.deepEqual(residents.map((it) => it.name), [name]);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a file that would remove too many waits, is explained, and can be discarded or confirmed', async () => {
  // A register to remove from; refused as the older one where there is one already.
  const register = await stack.generate('residents_20210401.csv', '--residents', '400');
  await stack.upload(register).catch(() => {});
  const page = await newPage(browser);
  await signIn(page, stack);
  const lines = (await read(register)).replace(/^\ufeff/, '').trim().split(/\r?\n/);
  const removing = lines.slice(1, 201).map((line) => {
    const row = line.split(',');
    row[8] = '2';
    return row.join(',');
  });
  for (const [name, button, sure, after] of [
    ['removes_20210403.csv', 'このファイルを取りやめる', 'このファイルを取りやめる', '取りやめ'],
    ['removes_20210404.csv', /人を台帳から削除する/, /人を台帳から削除する/, null],
  ]) {
    const file = path.join(stack.folder, name);
    await writeFile(file, `${[lines[0], ...removing].join('\r\n')}\r\n`);
    await drop(page, file);
    await page.locator('li.card', { hasText: name }).getByRole('link').press('Enter', { timeout: 60_000 });
    await page.getByRole('heading', { name: '取り込む前に確認してください' }).waitFor({ timeout: 60_000 });
    // The start page says so, too.
    await open(page, stack, '');
    await page.locator('.hand', { hasText: name }).press('Enter');
    await page.locator('main').getByRole('button', { name: button }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: sure }).press('Enter');
    if (after) await page.locator('.step-bad').waitFor({ timeout: 60_000 });
    else await ended(page);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('hostile texts in every field are text', async () => {
  const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
  const rtl = '\u202eevil\u202c';
  const rows = [
    [TENANT, 'X1', '', '', evil, '', '19800401', '7', '', '', '', ''],
    [TENANT, 'X2', '', '', rtl, rtl, '19800401', '7', '', '', '', ''],
    [TENANT, 'X3', '', '', 'あ'.repeat(1_200), '', '19800401', '1', '', '', '', ''],
    [TENANT, 'X4', '', '', `"><svg onload=alert(3)>`, evil, '19800402', '1', '', '', '<b>x</b>', ''],
    ...Array.from({ length: 40 }, (_, at) => [TENANT, `Y${at}`, '', '', `テスト${at}`, '', '19900101', '1', '', '', '', '']),
  ].map((row) => row.map((value) => (/[",]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(','));
  const file = path.join(stack.folder, 'hostile.csv');
  await writeFile(file, `${[HEADER, ...rows].join('\r\n')}\r\n`);
  const page = await newPage(browser);
  page.on('dialog', () => page.complaints.push('something ran'));
  await signIn(page, stack);
  await drop(page, file);
  await page.getByRole('link', { name: '結果を見る' }).first().press('Enter', { timeout: 60_000 });
  await page.locator('.rows-box tbody tr').nth(2).waitFor({ timeout: 60_000 });
  assert.ok((await page.locator('.rows-box').textContent()).includes(evil));
  assert.equal(await page.locator('.rows-box img, .rows-box script, .rows-box svg').count(), 0);
  const widest = await page.locator('.cell').evaluateAll((all) => Math.max(...all.map((it) => it.textContent.length)));
  assert.ok(widest < 400, `a cell of ${widest} letters is drawn`);
  await ended(page);
  await open(page, stack, 'residents');
  await page.locator('#search-birth_date').fill('19800402');
  await page.locator('#search-name').fill('svg');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: /svg onload/ }).press('Enter');
  await page.locator('h2.name', { hasText: '<svg onload=alert(3)>' }).waitFor();
  await page.waitForTimeout(200);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('why a row was refused is read to its end, without a mouse', async () => {
  await stack.vrs('tenant', 'settings', TENANT, '--max-refused', '100', '--dynamodb', stack.dynamodb);
  const file = path.join(stack.folder, 'many_reasons.csv');
  // Behind so many others that its line has two digits.
  const others = Array.from({ length: 12 }, (_, at) => `${TENANT},V${at},,,通る${at},,19800401,1,,,,`);
  const rows = [...others, `${TENANT},W1,12,34,多い,,19801399,7,9,20219999,,5`, `${TENANT},W2,,,一つ,,19800401,7,,,,`].join('\r\n');
  await writeFile(file, `${HEADER}\r\n${rows}\r\n`);
  const page = await newPage(browser);
  await signIn(page, stack);
  await drop(page, file);
  await page.locator('li.card', { hasText: 'many_reasons.csv' }).getByRole('link').press('Enter', { timeout: 60_000 });
  const [many, one] = [page.locator('td.why').first(), page.locator('td.why').nth(1)];
  await one.waitFor({ timeout: 60_000 });
  const fits = (cell) => cell.locator('.cell').evaluate((it) => it.scrollHeight <= it.clientHeight);
  assert.ok(await fits(one), 'one reason is seen whole');
  assert.equal(await one.getByRole('button').count(), 0);
  const whole = await many.locator('.cell').textContent();
  await tabTo(page, many.getByRole('button'));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const reasons = await dialog.locator('li').allTextContents();
  assert.equal(reasons.length, 7);
  assert.equal(reasons.join(' '), whole);
  for (const reason of reasons) assert.ok(reason.startsWith('「'), reason);
  assert.ok(await dialog.locator('ul').evaluate((it) => it.scrollHeight <= it.clientHeight));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.ok(await many.getByRole('button').evaluate((it) => it === document.activeElement), 'the focus comes back');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('refused rows are shown when all of them are known, and what is mended among them stays', async () => {
  await stack.vrs('tenant', 'settings', TENANT, '--max-refused', '100', '--dynamodb', stack.dynamodb);
  const page = await newPage(browser);
  await signIn(page, stack);
  const doses = [`${TENANT},0000001234,1,20210615,第一会場,,ファイザー,EY0779`, `${TENANT},0000001235,1,20211345,第一会場,,ファイザー,EY0779`];
  const files = [
    ['接種記録', 'late_doses.csv', `自治体コード,券番号,接種回,接種日,接種会場名,接種医師名,ワクチンメーカー,ロット番号\r\n${doses.join('\r\n')}\r\n`],
    [null, 'late_residents.csv', `${HEADER}\r\n${TENANT},L1,,,一人目,,19800401,1,,,,\r\n${TENANT},L2,,,二人目,,19800401,7,,,,\r\n`],
  ];
  for (const [kind, name, text] of files) {
    const file = path.join(stack.folder, name);
    await writeFile(file, text);
    await open(page, stack, 'files');
    if (kind) await page.getByLabel(kind).check({ force: true });
    await page.locator('#file-input').setInputFiles(file);
    await page.locator('li.card', { hasText: name }).getByRole('link').press('Enter', { timeout: 60_000 });
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await ended(page);
    const hash = page.url().split('#/')[1];

    // As it is seen by whoever comes while it is being loaded.
    let loading = true;
    await page.route(/\/uploads\/[^/?]+$/, async (route) => {
      const response = await route.fetch();
      const upload = await response.json();
      await route.fulfill({ response, json: loading ? { ...upload, state: 'loading', ended: false } : upload });
    });
    await open(page, stack, 'files');
    await open(page, stack, hash);
    await page.locator('.step-now', { hasText: '取り込み' }).waitFor();
    const table = page.locator('.rows-box table');
    if (kind) {
      await page.getByText('取り込めなかった行は、取り込みが終わると表示します').waitFor();
      assert.equal(await page.locator('#refused-title').count(), 0);
    } else {
      // The load refuses none of these.
      await table.locator('.edit').fill('1');
      await table.locator('.edit').press('Tab');
    }
    // What cannot be seen is said instead of moved.
    const lost = (route) => route.fulfill({ status: 403, json: {} });
    await page.route(/\/uploads\/[^/?]+$/, lost);
    await page.locator('main [role=alert]').waitFor({ timeout: 30_000 });
    assert.equal(await page.locator('main progress').count(), 0);
    await page.unroute(/\/uploads\/[^/?]+$/, lost);
    loading = false;
    await ended(page);
    await table.waitFor();
    assert.equal(await page.locator('main [role=alert]').count(), 0);
    assert.equal(await table.getAttribute('aria-rowcount'), '2');
    assert.equal(await page.getByText('取り込みが終わると表示します').count(), 0);
    if (!kind) {
      assert.equal(await table.locator('.edit').inputValue(), '1');
      await page.getByRole('button', { name: '直した1行を送る' }).waitFor();
    }
    await page.unroute(/\/uploads\/[^/?]+$/);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a hundred thousand refused rows do not freeze the page', { timeout: 300_000 }, async () => {
  const file = path.join(stack.folder, 'refused.csv');
  const lines = [HEADER];
  for (let at = 0; at < 100_000; at += 1) lines.push(`${TENANT},Z${at},,,行${at},,19800401,7,,,,`);
  // Of a file of which nothing comes in, no row is mended alone.
  lines.push(`${TENANT},ZZ,,,通る行,,19800401,1,,,,`);
  await writeFile(file, `${lines.join('\r\n')}\r\n`);
  await stack.vrs('tenant', 'settings', TENANT, '--max-refused', '100', '--dynamodb', stack.dynamodb);
  await stack.upload(file).catch(() => {}); // it tells with its exit code that rows were refused
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'files');
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((it) => { globalThis.longest = Math.max(globalThis.longest, it.duration); })).observe({ type: 'longtask' });
  });
  await page.getByRole('link', { name: 'refused.csv' }).first().press('Enter');
  const box = page.locator('.rows-box');
  await box.waitFor({ timeout: 60_000 });
  assert.equal(await box.locator('table').getAttribute('aria-rowcount'), '100001');
  await box.evaluate((it) => { it.scrollTop = it.scrollHeight; });
  await box.getByText('行99999').first().waitFor();
  await box.focus();
  await page.keyboard.press('Home');
  await box.getByText('行0', { exact: true }).first().waitFor();
  const drawn = await box.locator('tbody tr').count();
  assert.ok(drawn < 60, `${drawn} rows in the page`);
  const longest = await page.evaluate(() => globalThis.longest);
  console.log(`100,000 refused rows: longest task ${Math.round(longest)} ms, ${drawn} rows drawn`);
  assert.ok(longest < 1000, `the page stood still for ${longest} ms`);

  // What is typed stays also when its row is scrolled away from under the cursor; no service of the browser is shown it.
  const field = box.locator('.edit').first();
  await field.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('1');
  await box.evaluate((it) => { it.scrollTop = it.scrollHeight; });
  await box.getByText('行99999').first().waitFor();
  await box.evaluate((it) => { it.scrollTop = 0; });
  await box.getByText('行0', { exact: true }).first().waitFor();
  assert.equal(await field.inputValue(), '1');
  await page.getByRole('button', { name: 'English' }).press('Enter');
  await page.getByRole('button', { name: 'Send 1 mended row' }).waitFor();
  await page.getByRole('button', { name: '日本語' }).press('Enter');
  await page.getByRole('button', { name: '直した1行を送る' }).waitFor();
  assert.equal(await field.inputValue(), '1', 'in every language');
  for (const [name, value] of [['autocomplete', 'off'], ['spellcheck', 'false']]) assert.equal(await field.getAttribute(name), value);
  await field.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('7');
  await page.getByRole('button', { name: '直した行を送る' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
