// The pictures of the READMEs. Only on demand: SCREENSHOTS=1 node --test test/screenshots.test.mjs

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { newPage, open, read, signIn, startBrowser, startStack } from '../stack.mjs';
import { writeFile } from 'node:fs/promises';

const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../infra/console/screenshots');

test('every page has its picture, in both languages', { skip: !process.env.SCREENSHOTS, timeout: 300_000 }, async () => {
  const stack = await startStack();
  const browser = await startBrowser();
  try {
    const first = await stack.generate('residents_20210401.csv', '--residents', '3000');
    await stack.upload(first);
    await stack.upload(await stack.generate('residents_20210402.csv', '--residents', '3000', '--changed', '12', '--defects', '2.5', '--encoding', 'cp932')).catch(() => {});
    const lines = (await read(first)).trim().split(/\r?\n/);
    const removing = lines.slice(1, 1001).map((line) => line.split(',').map((cell, at) => (at === 8 ? '2' : cell)).join(','));
    const held = path.join(stack.folder, 'residents_20210403.csv');
    await writeFile(held, `${[lines[0], ...removing].join('\r\n')}\r\n`);
    for (const language of ['ja', 'en']) {
      const page = await newPage(browser, { language });
      const folder = path.join(FOLDER, language);
      await mkdir(folder, { recursive: true });
      const picture = async (name) => {
        await page.mouse.move(700, 5);
        await page.waitForTimeout(400);
        await page.screenshot({ path: path.join(folder, `${name}.png`) });
      };
      await page.goto(`${stack.url}/`);
      await page.waitForSelector('h1');
      await picture('welcome');
      await signIn(page, stack);
      await open(page, stack, 'files');
      if (language === 'ja') {
        await page.locator('#file-input').setInputFiles(held);
        await page.locator('li.card').getByRole('link').waitFor({ timeout: 60_000 });
        await page.waitForTimeout(800);
      }
      await picture('files');
      await open(page, stack, '');
      await picture('start');
      await page.locator('.hand-doubt').first().click();
      await page.getByRole('dialog', { includeHidden: true }).first().waitFor({ state: 'attached' });
      await picture('held');
      await open(page, stack, 'files');
      await page.getByRole('link', { name: 'residents_20210402.csv' }).first().click();
      await page.locator('.rows-box').waitFor();
      await picture('receipt');
      await page.locator('#refused-title').evaluate((it) => it.scrollIntoView());
      await picture('refused');
      await open(page, stack, 'residents');
      await page.locator('#search-birth_date').fill(language === 'ja' ? '平成4年11月30日' : '1992-11-30');
      await page.locator('#search-name').fill('こじま');
      await page.keyboard.press('Enter');
      await page.locator('table').waitFor();
      await picture('residents');
      await page.locator('table a').first().click();
      await page.locator('h2.name').waitFor();
      await picture('resident');
      await page.context().close();
    }
  } finally {
    await browser.close();
    await stack.stop();
  }
});
