import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { newPage, open, people, signIn, tabTo, TENANT } from '../stack.mjs';
import { browser, stack } from '../world.mjs';

let all;
before(async () => {
  const file = await stack.generate('residents_20210401.csv', '--residents', '200');
  await stack.upload(file);
  all = await people(file);
});

/** The three ways to search, each with what is typed into its fields, in their order. */
const WAYS = [
  ['生年月日と氏名', (person) => [person['生年月日'], person['氏名']]],
  ['券番号', (person) => [person['券番号']]],
  ['宛名番号', (person) => [person['個別宛名番号']]],
];

test('a resident is found in each of three ways, by keyboard only', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read'] });
  for (const [at, [name, typed]] of WAYS.entries()) {
    const person = all[at + 3];
    await open(page, stack, '');
    await tabTo(page, page.locator('.nav').getByRole('link', { name: '住民' }));
    await page.keyboard.press('Enter');
    // One of the ways is always chosen: arrows lead from it to the others.
    await page.locator('input[name=way]').first().waitFor();
    await tabTo(page, page.locator('input[name=way]:checked'));
    const way = page.getByRole('radio', { name, exact: true });
    for (let presses = 0; presses < WAYS.length && !(await way.isChecked()); presses += 1) await page.keyboard.press('ArrowRight');
    assert.ok(await way.isChecked(), name);
    for (const text of typed(person)) {
      await page.keyboard.press('Tab');
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(text);
    }
    await page.keyboard.press('Enter');
    const link = page.locator('tr', { hasText: person['個別宛名番号'] }).getByRole('link');
    await link.waitFor();
    await tabTo(page, link);
    await page.keyboard.press('Enter');
    await page.locator('h2.name', { hasText: person['氏名'] }).waitFor();
    assert.ok(![person['個別宛名番号'], person['券番号'], person['生年月日']].some((it) => page.url().includes(it)), page.url());
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what is wrong with a field is said where it is, and once', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read'] });
  await open(page, stack, 'residents');
  await page.locator('#search-birth_date').fill('1992-13-30');
  await page.locator('#search-name').fill('こじま');
  await page.keyboard.press('Enter');
  await page.locator('#search-birth_date-error').waitFor();
  assert.equal(await page.getByRole('alert').count(), 1);
  assert.equal(await page.getByRole('alert').getAttribute('id'), 'search-birth_date-error');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('of whom it is not known whether their address is protected, that is said', async () => {
  const file = path.join(stack.folder, 'silent_20210402.csv');
  await writeFile(file, `自治体コード,個別宛名番号,氏名,生年月日,性別\r\n${TENANT},S-1,不明 一郎,19800401,1\r\n`);
  await stack.upload(file);
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read'] });
  for (const [number, count] of [['S-1', 1], [all[0]['個別宛名番号'], 0]]) {
    await open(page, stack, '');
    await open(page, stack, 'residents');
    await page.locator('input[name=way]').nth(2).check({ force: true });
    await page.locator('#search-number').fill(number);
    await page.keyboard.press('Enter');
    const row = page.locator('tbody tr', { hasText: number });
    await row.waitFor();
    assert.equal(await row.getByText('支援措置：不明').count(), count);
    await row.getByRole('link').press('Enter');
    await page.locator('h2.name').waitFor();
    assert.equal(await page.locator('.notice', { hasText: '支援措置：不明' }).count(), count);
  }
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who has left the register is found by number and by coupon, and said to have left it', async () => {
  const left = all[10];
  const file = path.join(stack.folder, 'removes_20210403.csv');
  const row = { ...left, 異動区分: '2', 異動日: '20210403' };
  await writeFile(file, [Object.keys(row), Object.values(row)].map((cells) => `${cells}\r\n`).join(''));
  await stack.upload(file);
  for (const [language, badge] of [['ja', '台帳から削除済み'], ['en', 'Removed from the register']]) {
    const page = await newPage(browser, { language });
    await signIn(page, stack, { roles: ['read'] });
    for (const [way, field, text] of [[1, 'coupon', left['券番号']], [2, 'number', left['個別宛名番号']]]) {
      await open(page, stack, 'residents');
      await page.locator('input[name=way]').nth(way).check({ force: true });
      await page.locator(`#search-${field}`).fill(text);
      await page.keyboard.press('Enter');
      const found = page.locator('tbody tr', { hasText: left['個別宛名番号'] });
      await found.locator('.badge', { hasText: badge }).waitFor();
      await found.getByRole('link').press('Enter');
      await page.locator('h2.name', { hasText: left['氏名'] }).waitFor();
      await page.locator('.notice', { hasText: badge }).waitFor();
    }
    await open(page, stack, 'residents');
    await page.locator('input[name=way]').nth(0).check({ force: true });
    await page.locator('#search-birth_date').fill(left['生年月日']);
    await page.locator('#search-name').fill(left['氏名']);
    const answer = page.waitForResponse(/\/residents\/search$/);
    await page.keyboard.press('Enter');
    const { residents } = await (await answer).json();
    assert.ok(!residents.some((it) => it.number === left['個別宛名番号']));
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  }
});

test('part of a resident number finds nobody', async () => {
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read'] });
  await open(page, stack, 'residents');
  await page.getByRole('radio', { name: '宛名番号', exact: true }).press('Space');
  await page.locator('#search-number').fill(all[0]['個別宛名番号'].slice(0, -1));
  await page.keyboard.press('Enter');
  await page.getByText('見つかりませんでした').waitFor();
  assert.equal(await page.locator('table').count(), 0);
  await page.context().close();
});
