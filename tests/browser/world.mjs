// The stack and the browser of the test file that imports them: there before anything in it runs, gone after its last test.

import { after } from 'node:test';
import { startBrowser, startStack } from './stack.mjs';

export const stack = await startStack();
export const browser = await startBrowser().catch(async (error) => {
  await stack.stop();
  throw error;
});

after(async () => {
  await browser.close();
  await stack.stop();
});
