// What needs a hand, however much came since, and no longer than it does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPage, open, signIn } from '../stack.mjs';
import { browser, stack } from '../world.mjs';
import { isMended } from '../../../infra/console/app/uploads.js';

const upload = (file, more) => ({ file, kind: 'residents', state: 'in_force', rows: { in: 100, refused: 0 }, ...more });

test('a file asks for nothing more once a later one has made it good', () => {
  const refused = (file, count, more) => upload(file, { rows: { in: 100, refused: count }, ...more });
  const mended = (...later) => isMended(refused('residents_20210401.csv', 5), later);
  assert.ok(!mended());
  assert.ok(mended(upload('residents_20210402.csv')));
  for (const state of ['refused', 'held', 'discarded', 'checking', 'loading']) assert.ok(!mended(upload('residents_20210402.csv', { state })), state);
  assert.ok(!mended(upload('doses_20210402.csv', { kind: 'doses' })));
  // Of the rows that were to be mended, all have to come.
  const rows = (count) => upload('residents_20210401_errors.csv', { rows: { in: count, refused: 0 } });
  assert.ok(mended(rows(5)) && mended(rows(2), rows(3)) && !mended(rows(4)));
  assert.ok(!isMended(refused('residents_20210401_errors.csv', 3), [rows(2)]) && isMended(refused('residents_20210401_errors.csv', 3), [rows(3)]));
  assert.ok(!mended(upload('other_errors.csv')), 'rows of another file are no register');
  // Where nothing came in, they leave out all the others.
  for (const state of ['refused', 'held', 'discarded']) assert.ok(!isMended(refused('residents_20210401.csv', 5, { state }), [rows(5)]), state);
  // A later file of doses says nothing of those that an earlier one had: it has to be the same again.
  const doses = (...later) => isMended(refused('venue.csv', 5, { kind: 'doses' }), later.map((it) => ({ ...it, kind: 'doses' })));
  assert.ok(!doses(upload('venue2.csv')) && doses(upload('venue.csv')));
  assert.ok(doses(upload('venue_errors.csv', { rows: { in: 5, refused: 1 } })));
  // Refused whole, without a single row to mend.
  assert.ok(isMended(refused('r.csv', 0, { state: 'refused' }), [upload('r.csv')]));
  assert.ok(!isMended(refused('r.csv', 0, { state: 'refused' }), []));
  // What comes instead of all of it has no fewer rows, be it itself of mended rows.
  for (const kind of ['residents', 'doses', 'inquiries']) {
    for (const name of ['r.csv', 'r_errors.csv']) {
      const again = (count) => isMended(refused(name, 30, { kind, state: 'refused' }), [upload(name, { kind, rows: { in: count, refused: 0 } })]);
      assert.ok(again(100) && !again(30), `${kind} ${name}`);
    }
  }
  // The next file of inquiries is about others, whatever its name is.
  const inquiries = (...later) => isMended(refused('inquiries.csv', 5, { kind: 'inquiries' }), later.map((it) => ({ ...it, kind: 'inquiries', state: 'recorded' })));
  assert.ok(!inquiries(upload('inquiries.csv')));
  assert.ok(inquiries(upload('inquiries_errors.csv', { rows: { in: 5, refused: 0 } }), upload('inquiries.csv')));
});

/** Answers a list page after page, a hundred on each. */
async function listIs(page, route, name, all) {
  await page.route(route, (it) => {
    const query = new URL(it.request().url()).searchParams;
    const from = Number(query.get('after') ?? 0);
    const limit = Number(query.get('limit') ?? 20);
    it.fulfill({ json: { [name]: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null } });
  });
}

test('what comes while somebody looks is told within a minute', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const uploads = [];
  const consents = [];
  await listIs(page, /\/uploads\?/, 'uploads', uploads);
  await listIs(page, /\/consents\?/, 'consents', consents);
  await page.clock.install();
  await open(page, stack, 'files');
  await open(page, stack, '');
  await page.getByText('対応が必要なことはありません').waitFor();
  uploads.push(upload('late.csv', { id: '01890000-0000-7000-8000-000000000001', state: 'held', state_text: { ja: '確認待ち', en: 'held' }, dropped_at: ago(0), size: 1 }));
  consents.push({ state: 'draft', recorded_at: ago(0), expires_at: ago(-1) });
  await page.clock.runFor(61_000);
  await page.locator('.hand', { hasText: 'late.csv' }).waitFor();
  await page.locator('.hand', { hasText: '承認を待っている' }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what moves is told though the rest takes minutes, and no look is begun anew before it has ended', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  // The start page that one comes to has asked by then.
  await open(page, stack, 'files');
  await listIs(page, /\/uploads\?/, 'uploads', [upload('late.csv', { id: '01890000-0000-7000-8000-000000000001', state: 'held', state_text: { ja: '確認待ち', en: 'held' }, dropped_at: ago(0), size: 1 })]);
  let asked = 0;
  let answer;
  const answered = new Promise((resolve) => { answer = resolve; });
  await page.route(/\/consents\?/, async (route) => {
    asked += 1;
    await answered;
    await route.fulfill({ json: { consents: [{ state: 'draft', recorded_at: ago(0), expires_at: ago(-1) }], next: null } });
  });
  await page.clock.install();
  await page.goto(`${stack.url}/#/`);
  await page.locator('.hand', { hasText: 'late.csv' }).waitFor();
  await page.locator('.waiting').waitFor();
  await page.clock.runFor(185_000);
  assert.equal(asked, 1);
  answer();
  await page.locator('.hand', { hasText: '承認を待っている' }).waitFor();
  await page.locator('.waiting').waitFor({ state: 'detached' });
  const again = page.waitForRequest(/\/consents\?/);
  await page.clock.runFor(61_000);
  await again;
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

const ago = (days) => new Date(Date.now() - days * 24 * 3600 * 1000).toISOString();
const hands = (page) => page.locator('.hand').evaluateAll((all) => all.map((it) => [it.querySelector('.hand-count').textContent, it.querySelector('.hand-text').textContent]));

test('what waits is found behind hundreds of others, and nothing is asked for that is past', async () => {
  const page = await newPage(browser);
  await signIn(page, stack);
  const listed = (at, more) => upload(`residents_${at}.csv`, { id: `01890000-0000-7000-8000-${String(at).padStart(12, '0')}`, key: '', version: '', state_text: { ja: '状態', en: 'state' }, ended: true, dropped_at: ago(at / 20), size: 1, generation: 1, ...more });
  const uploads = Array.from({ length: 300 }, (_, at) => listed(at));
  uploads[250] = listed(250, { state: 'held', ended: false });
  uploads[251] = listed(251, { rows: { in: 100, refused: 3 } });
  uploads[260] = listed(260, { kind: 'doses', state: 'refused' });
  uploads[290] = listed(290, { state: 'held', ended: false });
  await listIs(page, /\/uploads\?/, 'uploads', uploads);
  // Terms differ: two drafts are good behind hundreds that have expired.
  const stateOf = (at) => (at === 219 || at === 230 ? 'draft' : at < 50 ? 'answered' : 'expired');
  const consents = Array.from({ length: 420 }, (_, at) => ({ state: stateOf(at), recorded_at: ago(at / 20), expires_at: ago(stateOf(at) === 'expired' ? 1 : -1) }));
  let last = 0;
  page.on('request', (request) => { last = Math.max(last, Number(request.url().match(/\/consents\?.*after=(\d+)/)?.[1] ?? 0)); });
  await listIs(page, /\/consents\?/, 'consents', consents);
  const entries = Array.from({ length: 150 }, (_, at) => ({ seq: 150 - at, at: ago(at / 20), facts: { kind: 'asked' } }));
  entries[140].facts = { kind: 'answered', outcome: 'held', resident: 'R', asker: '011002' };
  await listIs(page, /\/log\?/, 'entries', entries);
  await page.route(/\/residents\/R\/inquiries/, (route) => route.fulfill({ json: { inquiries: [{ asker: '011002', asker_name: '北海道札幌市' }], next: null } }));
  await open(page, stack, 'files');
  await open(page, stack, '');
  const told = await hands(page);
  assert.equal(told.length, 4, JSON.stringify(told));
  for (const [count, text] of [['1', 'residents_250.csv'], ['1', 'residents_260.csv'], ['2', '承認を待っている'], ['1', '北海道札幌市']]) assert.ok(told.some((it) => it[0] === count && it[1].includes(text)), text);
  await page.getByRole('button', { name: 'English' }).press('Enter');
  await page.locator('.hand', { hasText: 'Legal bases wait for approval' }).waitFor();
  assert.ok(!/[ぁ-ん]/.test((await hands(page)).join()), 'in the words of the language that was chosen');
  assert.equal(last, 200, 'bases are not read on behind those that are too old for any term');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
