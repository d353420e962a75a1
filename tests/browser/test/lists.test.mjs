// Lists that come page after page: nothing is lost or shown twice, whatever arrives and however often a button is pressed.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { calm, newPage, open, signIn } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

let old;
before(async () => {
  old = await stack.adults();
});

const idOf = (at) => `01890000-0000-7000-8000-${String(at).padStart(12, '0')}`;
const NOW = new Date().toISOString();
const many = (count, one) => Array.from({ length: count }, (_, at) => one(at));

/** Answers a list as it is when it is asked for; what comes behind an entry is behind it whatever came before. */
async function listIs(page, route, name, all, idIn) {
  await page.route(route, (it) => {
    const query = new URL(it.request().url()).searchParams;
    const after = query.get('after');
    const from = after ? all.findIndex((entry) => idIn(entry) === after) + 1 : 0;
    const until = from + Number(query.get('limit') ?? 20);
    it.fulfill({ json: { [name]: all.slice(from, until), next: until < all.length ? idIn(all[until - 1]) : null } });
  });
}

const more = (page) => page.getByRole('button', { name: 'さらに表示する' });
/** Both come before anything is drawn anew. */
const pressTwice = (button) => button.evaluate((it) => { it.click(); it.click(); });
const isOnce = async (items, count) => {
  const texts = await items.allTextContents();
  assert.equal(texts.length, count);
  assert.equal(new Set(texts).size, count, 'each once');
};

test('a file that is pushed off the first page stays, and nothing is passed over', async () => {
  const upload = (at, state = 'in_force') => ({ id: idOf(at), file: `f_${at}.csv`, kind: 'residents', key: '', version: '', state, state_text: { ja: state, en: state }, ended: state !== 'loading', rows: { in: 1, refused: 0 }, dropped_at: NOW, size: 1 });
  const all = many(50, (at) => upload(at, at ? 'in_force' : 'loading'));
  const page = await newPage(browser);
  await signIn(page, stack);
  await listIs(page, /\/uploads\?/, 'uploads', all, (it) => it.id);
  await open(page, stack, 'files');
  const rows = page.locator('tbody th a');
  await isOnce(rows, 20);
  await pressTwice(more(page));
  await rows.nth(39).waitFor();
  all.unshift(upload(100));
  await page.getByRole('link', { name: 'f_100.csv' }).waitFor();
  await isOnce(rows, 41);
  await more(page).press('Enter');
  await rows.nth(50).waitFor();
  await isOnce(rows, 51);
  assert.equal(await more(page).count(), 0);
  // So many at once that there are others between: the list begins anew.
  all.unshift(...many(30, (at) => upload(200 + at, at === 25 ? 'in_force' : 'loading')));
  await page.getByRole('link', { name: 'f_200.csv' }).waitFor();
  await isOnce(rows, 20);
  await more(page).press('Enter');
  await rows.nth(39).waitFor();
  await isOnce(rows, 40);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what was not searched to its end is not said to be nothing', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const uploads = many(1150, (at) => ({ id: idOf(at), file: `f_${at}.csv`, kind: 'residents', state: 'in_force', state_text: { ja: '', en: '' }, ended: true, rows: { in: 1, refused: 0 }, dropped_at: NOW, size: 1 }));
  await listIs(page, /\/uploads\?/, 'uploads', uploads, (it) => it.id);
  await open(page, stack, 'inquiries/file');
  await page.getByText('新しいほうのファイルの中には見つかりません').waitFor();
  await more(page).press('Enter');
  await page.getByText('まだありません。ひな形に記入して').waitFor();
  assert.equal(await more(page).count(), 0);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a button that is pressed twice shows nothing twice, and what failed is forgotten once it did not', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const resident = await stack.residentOf(old[0]);
  const consents = many(60, (at) => ({ id: idOf(at), evidence_number: `F-${at}`, basis: 'CONSENT', purpose: 'VACCINATION', programmes: ['COVID19'], state: 'granted', recorded_at: NOW, expires_at: NOW }));
  const entries = many(150, (at) => ({ seq: 150 - at, at: NOW, kind: 'asked', facts: { kind: 'asked' }, hash: '0'.repeat(64) }));
  const inquiries = many(60, (at) => ({ seq: 60 - at, inquiry: idOf(at), asker: '011002', asker_name: `市${at}`, at: NOW, basis: 'CONSENT', purpose: 'VACCINATION', programmes: 'COVID19', outcome: 'given', doses: 1 }));
  await listIs(page, /\/consents\?/, 'consents', consents, (it) => it.id);
  await listIs(page, /\/log\?/, 'entries', entries, (it) => String(it.seq));
  await listIs(page, /\/residents\/[^/]+\/inquiries\?/, 'inquiries', inquiries, (it) => it.inquiry);
  for (const [hash, route, items, size] of [['inquiries', /\/consents\?/, 'tbody tr', 20], ['inquiries/log', /\/log\?/, 'tbody tr', 50], [`residents/${resident}`, /\/inquiries\?/, '.history > li', 20]]) {
    await open(page, stack, hash);
    await page.locator(items).first().waitFor();
    await isOnce(page.locator(items), size);
    await page.route(route, (it) => it.fulfill({ status: 429, json: {} }), { times: 1 });
    await more(page).press('Enter');
    await page.locator('main [role=alert]').waitFor();
    await pressTwice(more(page));
    await page.locator(items).nth(2 * size - 1).waitFor();
    await page.waitForTimeout(300);
    await isOnce(page.locator(items), 2 * size);
    assert.equal(await page.locator('main [role=alert]').count(), 0, hash);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what was found in one way is not shown under another', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  await open(page, stack, 'residents');
  let answer;
  const asked = new Promise((resolve) => {
    page.route(/\/residents\/search$/, async (route) => {
      const response = await route.fetch();
      answer = () => route.fulfill({ response });
      resolve();
    });
  });
  const ways = page.locator('input[name=way]');
  await ways.nth(1).check({ force: true });
  await page.locator('#search-coupon').fill(old[0]['券番号']);
  await page.keyboard.press('Enter');
  await asked;
  await ways.nth(2).check({ force: true });
  await answer();
  await page.waitForTimeout(500);
  await calm(page);
  assert.equal(await page.locator('table').count(), 0);
  assert.ok(await page.locator('button[type=submit]').isEnabled());
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
