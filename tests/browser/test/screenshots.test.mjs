// The pictures of the READMEs. Only on demand: SCREENSHOTS=1 node --test test/screenshots.test.mjs

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { lineOf, newPage, open, people, protect, read, signIn, startBrowser, startStack, TABLET, TENANT } from '../stack.mjs';
import { COLUMNS } from '../../../infra/console/app/inquiry-columns.js';
import { today } from '../../../infra/console/app/words.js';

const ASKER = '011002';
const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../infra/console/screenshots');

/** A municipality in the middle of its work: files so far, one held, doses of which some ask for a decision. */
async function town(stack) {
  await stack.addTenant(ASKER);
  await stack.vrs('tenant', 'settings', ASKER, '--max-refused', '50', '--dynamodb', stack.dynamodb);
  const first = await stack.generate('residents_20210401.csv', '--residents', '3000');
  const guarded = (await people(first)).find((person) => person['生年月日'] < '19700101' && person['個人番号']);
  await protect(first, guarded);
  await stack.upload(first);
  const second = await stack.generate('residents_20210402.csv', '--residents', '3000', '--changed', '12', '--defects', '2.5', '--encoding', 'cp932');
  await protect(second, guarded);
  await stack.upload(second).catch(() => {});
  const doses = await stack.generate('doses_20210601.csv', '--residents', '3000', '--doses', '400', '--defects', '2');
  await stack.vrs('upload', doses, '--kind', 'doses', '--tenant', TENANT, '--api', stack.url, '--s3', stack.s3).catch(() => {});
  const lines = (await read(first)).trim().split(/\r?\n/);
  const removing = lines.slice(1, 1001).map((line) => line.split(',').map((cell, at) => (at === 8 ? '2' : cell)).join(','));
  const held = path.join(stack.folder, 'residents_20210403.csv');
  await writeFile(held, `${[lines[0], ...removing].join('\r\n')}\r\n`);
  await stack.upload(held).catch(() => {});
  const old = (await people(first)).filter((person) => person['生年月日'] < '19700101' && person['個人番号']).slice(-12);
  const record = (person, dose, lot, on, more = {}) => stack.ask(['doses'], 'POST', '/doses', { line: lineOf(person, dose), given_on: on, product: 'ファイザー', lot, venue: '第一会場', physician: '佐藤', birth_date: person['生年月日'], ...more });
  await record(old[0], 1, 'EY0779', '2021-06-05');
  await record(old[0], 2, 'FA4597', '2021-06-26');
  await record(old[1], 1, 'EY0779', '2021-06-05');
  await record(old[1], 1, 'FA4597', '2021-06-12', { venue: '中央体育館' });
  const id = await stack.residentOf(old[0]);
  const { doses: [dose] } = await (await stack.ask(['read'], 'GET', `/residents/${id}/doses`)).json();
  await stack.ask(['doses'], 'PUT', `/doses/${dose.id}`, { given_on: '2021-06-04', product: 'ファイザー', lot: 'EY0779', venue: '第一会場', physician: '佐藤', reason: '予診票の日付に合わせて訂正' }, { 'if-match': '"1"' });
  // A dose that was looked at and locked, and two whose coupons nobody has.
  const looked = await (await record(old[11], 1, 'EY0779', '2021-06-05')).json();
  await stack.ask(['doses', 'approve'], 'POST', `/doses/${looked.id}/lock`, { reason: '予診票で確認済み' });
  for (const coupon of ['9000000017', '9000000025']) await record(old[11], 1, 'EY0779', '2021-06-05', { line: `21${TENANT}${coupon}` });
  // Whoever moved on and asks for protection; who holds what is indexed from the table's stream.
  await record(guarded, 1, 'EY0779', '2021-06-05');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await stack.inquire(ASKER, guarded, 'R3-0400');
  return { old, id, guarded };
}

const desks = (...rows) => ({ kind: 'open-vrs presets', version: 1, presets: rows.map(([name, product, lot, venue, physician]) => ({ name, product, lot, venue, physician })) });
const PRESETS = {
  ja: desks(['第一会場 午前', 'ファイザー', 'EY0779', '第一会場', '佐藤'], ['第一会場 午後', 'ファイザー', 'FA4597', '第一会場', '高橋'], ['中央体育館', '武田/モデルナ', '3004667', '中央体育館', '鈴木']),
  en: desks(['First venue, morning', 'ファイザー', 'EY0779', '第一会場', '佐藤'], ['First venue, afternoon', 'ファイザー', 'FA4597', '第一会場', '高橋'], ['Gymnasium', '武田/モデルナ', '3004667', '中央体育館', '鈴木']),
};

/** A basis that another municipality has recorded. */
async function basis(stack, number, person, code) {
  const form = { basis: code, purpose: 'VACCINATION', programmes: 'COVID19', evidence_number: number, my_number: person['個人番号'], birth_date: person['生年月日'] };
  await stack.askAs(ASKER, ['inquire'], 'POST', '/consents', { ...form, ...(code === 'CONSENT' && { signed_on: today(), scan_sha256: '0'.repeat(64) }) });
}

/** The main pages as a tablet shows them. */
async function tablet(stack, browser, language, pictures, { seen, id }) {
  const page = await newPage(browser, { language, viewport: TABLET });
  const picture = pictures(page);
  await signIn(page, stack);
  await open(page, stack, '');
  await picture('tablet-start');
  await open(page, stack, 'files');
  await page.getByRole('link', { name: 'residents_20210402.csv' }).first().click();
  await page.locator('.rows-box').waitFor();
  await picture('tablet-receipt');
  await open(page, stack, 'doses/presets');
  await page.locator('#presets-file').setInputFiles({ name: 'presets.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(PRESETS[language])) });
  await open(page, stack, 'doses');
  await page.keyboard.press('Alt+1');
  await page.locator('#shared-given_on').fill('2021-06-15');
  await page.locator('#line').fill(lineOf(seen));
  await page.locator('.panel-kana').waitFor();
  await picture('tablet-doses');
  await page.keyboard.press('Escape');
  await open(page, stack, 'checks');
  await picture('tablet-checks');
  await open(page, stack, `residents/${id}`);
  await page.locator('.timeline summary').click();
  await picture('tablet-resident');
  await open(page, stack, 'inquiries/log');
  await picture('tablet-log');
  await page.context().close();
}

/** A file of inquiries: six people who moved in, the consent of one too old. */
function inquiries(language, people) {
  const row = (person, at) => [`A-${at + 1}`, person['個人番号'], person['生年月日'], 'CONSENT', at === 4 ? '2021-04-12' : today(), `R3-${language === 'ja' ? 5 : 6}0${at}`, '', '', ''].join(',');
  return `${COLUMNS.map((column) => column.name).join(',')}\r\n${people.slice(0, 6).map(row).join('\r\n')}\r\n`;
}

test('every page has its picture, in both languages', { skip: !process.env.SCREENSHOTS, timeout: 300_000 }, async () => {
  const stack = await startStack();
  const browser = await startBrowser();
  try {
    const { old, id, guarded } = await town(stack);
    for (const language of ['ja', 'en']) {
      const page = await newPage(browser, { language });
      const folder = path.join(FOLDER, language);
      await mkdir(folder, { recursive: true });
      const pictures = (of) => async (name) => {
        await of.mouse.move(700, 5);
        await of.evaluate(() => document.activeElement.matches('h1, h2, main') && document.activeElement.blur());
        await of.waitForTimeout(400);
        await of.screenshot({ path: path.join(folder, `${name}.png`) });
      };
      const picture = pictures(page);
      await page.goto(`${stack.url}/`);
      await page.waitForSelector('h1');
      await picture('welcome');
      await page.locator('.button-primary').press('Enter');
      await page.waitForURL(/\/authorize/);
      await picture('sign-in');
      await signIn(page, stack);
      await open(page, stack, '');
      await picture('start');
      await open(page, stack, 'files');
      await picture('files');
      await page.getByRole('link', { name: 'residents_20210403.csv' }).first().click();
      await page.locator('.button-danger').waitFor();
      await picture('held');
      await open(page, stack, 'files');
      await page.getByRole('link', { name: 'residents_20210402.csv' }).first().click();
      await page.locator('.rows-box').waitFor();
      await picture('receipt');
      await page.locator('#refused-title').evaluate((it) => it.scrollIntoView());
      await picture('refused');

      await open(page, stack, 'doses/presets');
      await page.locator('#presets-file').setInputFiles({ name: 'presets.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(PRESETS[language])) });
      await page.locator('tbody tr').nth(2).waitFor();
      await picture('presets');
      await open(page, stack, 'doses');
      await page.keyboard.press('Alt+1');
      const day = { given_on: '2021-06-15' };
      for (const [name, value] of Object.entries(day)) await page.locator(`#shared-${name}`).fill(value);
      const [seen, doubted] = language === 'ja' ? [old[4], old[5]] : [old[6], old[7]];
      await page.locator('#line').fill(lineOf(seen));
      await page.locator('.panel-kana').waitFor();
      await picture('doses');
      await page.waitForTimeout(350);
      await page.keyboard.press('Enter');
      await page.locator('[data-outcome="recorded"]').waitFor();
      await picture('dose-recorded');
      await page.locator('#line').fill(lineOf(doubted, 2));
      await page.locator('.panel-doubt').waitFor();
      await picture('dose-doubt');
      await page.keyboard.press('Escape');

      await open(page, stack, 'checks');
      await picture('checks');
      for (const list of ['waiting', 'locked']) {
        await open(page, stack, `checks/${list}`);
        await page.locator('tbody tr').first().waitFor();
        await picture(`checks-${list}`);
      }
      await open(page, stack, 'checks/conflict');
      await page.locator('tr', { hasText: old[1]['券番号'] }).getByRole('link').click();
      await page.locator('.differs').first().waitFor();
      await picture('conflict');

      await open(page, stack, 'residents');
      await page.locator('#search-birth_date').fill(language === 'ja' ? '平成4年11月30日' : '1992-11-30');
      await page.locator('#search-name').fill('こじま');
      await page.keyboard.press('Enter');
      await page.locator('table').waitFor();
      await picture('residents');
      await open(page, stack, `residents/${id}`);
      await page.locator('.timeline summary').click();
      await picture('resident');

      await open(page, stack, `residents/${await stack.residentOf(guarded)}`);
      await page.locator('.held-back button').click();
      await picture('release');
      await page.keyboard.press('Escape');

      // Another municipality asks about somebody who moved there.
      const asker = await newPage(browser, { language });
      await signIn(asker, stack, { tenant: ASKER, person: '健康課 鈴木' });
      const shot = pictures(asker);
      await open(asker, stack, 'inquiries/new');
      await asker.locator('form button[type=submit]').click();
      await asker.locator('#evidence').fill(`R3-${language === 'ja' ? '0415' : '0416'}`);
      await asker.locator('#signed-on').fill(today());
      await asker.locator('#scan').setInputFiles({ name: '同意書.pdf', mimeType: 'application/pdf', buffer: Buffer.from(`scan ${language}`) });
      await asker.locator('.scan-hash').waitFor();
      await shot('basis');
      await asker.locator('#evidence').press('Enter');
      for (const sure of ['record', 'ask']) {
        await asker.locator('#my-number').fill(old[0]['個人番号']);
        await asker.locator('#birth-date').fill(old[0]['生年月日']);
        await asker.locator('#birth-date').press('Enter');
        if (sure === 'record') {
          await asker.locator('#my-number').waitFor({ state: 'detached' });
          await asker.locator('form button[type=submit]').click();
          await asker.locator('#my-number').waitFor();
        }
      }
      await asker.locator('#answer-title').waitFor({ timeout: 60_000 });
      await asker.locator('#answer-title').evaluate((it) => it.scrollIntoView({ block: 'center' }));
      await shot('answer');
      await basis(stack, `R3-${language === 'ja' ? '0421' : '0422'}`, old[1], 'CONSENT');
      await basis(stack, `R3-${language === 'ja' ? '0431' : '0432'}`, old[2], 'CONSENT_HARD_TO_OBTAIN');
      await open(asker, stack, 'inquiries');
      await asker.locator('tbody tr').nth(2).waitFor();
      await shot('bases');
      await open(asker, stack, 'inquiries/file');
      await shot('by-file');
      await asker.locator('#file-input').setInputFiles({ name: `inquiries_202106${language === 'ja' ? '15' : '16'}.csv`, mimeType: 'text/csv', buffer: Buffer.from(inquiries(language, old)) });
      await asker.locator('li.card').getByRole('link').click({ timeout: 60_000 });
      await asker.locator('#answers-title').waitFor({ timeout: 60_000 });
      await shot('answers');
      await open(asker, stack, 'inquiries/log');
      await asker.locator('.actions button').click();
      await asker.locator('.notice-good').waitFor();
      await shot('log');
      await asker.context().close();

      await open(page, stack, 'exports');
      const before = await page.locator('[data-export]').count();
      await page.locator('form button[type=submit]').click();
      await page.locator('[data-export="published"]').nth(before).waitFor({ timeout: 60_000 });
      await page.evaluate(() => scrollBy(0, 260));
      await picture('exports');
      const { exports: [last] } = await (await stack.ask(['read'], 'GET', '/exports')).json();
      await open(page, stack, `exports/${last.id}`);
      await page.locator('[data-export]').waitFor();
      await picture('export');

      await open(page, stack, 'settings');
      const theirs = path.join(stack.folder, 'jumin_20210404.csv');
      await writeFile(theirs, (await read(path.join(stack.folder, 'residents_20210401.csv'))).replace('個別宛名番号', '住民番号').replace('自治体コード', '団体コード').replace('氏名カナ', 'フリガナ'));
      await page.locator('#sample').setInputFiles(theirs);
      await page.locator('select').first().waitFor();
      await page.locator('select').nth(0).selectOption('自治体コード');
      await page.locator('select').nth(1).selectOption('個別宛名番号');
      await page.locator('select').nth(5).selectOption('氏名カナ');
      await page.locator('.notice').first().evaluate((it) => it.scrollIntoView());
      await page.locator('.notice-good').waitFor();
      await picture('mapping');
      await open(page, stack, 'settings/general');
      await picture('settings');
      await open(page, stack, 'settings/lots');
      await picture('lots');
      await page.context().close();
      await tablet(stack, browser, language, pictures, { seen: language === 'ja' ? old[8] : old[9], id });
    }
  } finally {
    await browser.close();
    await stack.stop();
  }
});
