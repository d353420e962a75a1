import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { newPage, open, read, signIn, startBrowser, startStack, tabTo } from '../stack.mjs';

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

test('columns of another system are matched on a sample, tried, saved, and files taken by them', async () => {
  const sound = await stack.generate('residents_20210401.csv', '--residents', '50');
  const theirs = path.join(stack.folder, 'theirs_20210402.csv');
  await writeFile(theirs, (await read(sound)).replace('個別宛名番号', '住民番号').replace('氏名カナ', 'フリガナ'));
  const page = await newPage(browser);
  await signIn(page, stack, { roles: ['read', 'register'] });
  await open(page, stack, 'settings');
  await page.locator('#sample').setInputFiles(theirs);
  await page.getByText('このままでは、ファイル全体を取り込めません').waitFor();
  for (const [found, ours] of [['住民番号', '個別宛名番号'], ['フリガナ', '氏名カナ']]) {
    const choice = page.getByLabel(`「${found}」をこちらのどの列にするか`);
    await tabTo(page, choice);
    await choice.selectOption(ours);
  }
  await page.getByText(/行を試しました。取り込めない行 0/).first().waitFor();
  await page.getByRole('button', { name: 'この結び付けを保存する' }).press('Enter');
  assert.ok(!/\d{12}/.test(await page.locator('main').innerText()), 'no My Number is shown');
  await page.getByText('保存した結び付けのとおりです').waitFor();

  await open(page, stack, 'files');
  await page.locator('#file-input').setInputFiles(theirs);
  await page.locator('li.card').getByRole('link').press('Enter', { timeout: 60_000 });
  await page.locator('.step-done').nth(3).waitFor({ timeout: 60_000 });
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
