// All texts of the console: those of the frame, and those that pages bring.

import { readdir } from 'node:fs/promises';
import jaOfFrame from '../../infra/console/app/texts/ja.js';
import enOfFrame from '../../infra/console/app/texts/en.js';

const TEXTS = new URL('../../infra/console/app/texts/', import.meta.url);

/** `[ja, en]` of each file of them by its name; the frame has one for each language. */
export const OF_FILES = { 'ja.js': [jaOfFrame, enOfFrame] };
for (const name of await readdir(TEXTS)) {
  if (['ja.js', 'en.js'].includes(name)) continue;
  const { ja, en } = (await import(new URL(name, TEXTS))).default;
  OF_FILES[name] = [ja, en];
}

const [jaOfAll, enOfAll] = [0, 1].map((language) => Object.assign({}, ...Object.values(OF_FILES).map((texts) => texts[language])));
export { jaOfAll as ja, enOfAll as en };
