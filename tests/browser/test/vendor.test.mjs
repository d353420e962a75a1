// Files of others are what LICENSES.txt says they are.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

const VENDOR = new URL('../../../infra/console/vendor/', import.meta.url);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Each file by what is noted of it. */
async function notes() {
  const text = await readFile(new URL('LICENSES.txt', VENDOR), 'utf8');
  const parts = text.split(/^(\S+\.(?:js|css))$/m).slice(1);
  return parts.flatMap((name, at) => (at % 2 ? [] : [[name, parts[at + 1]]]));
}

test('every file of others has its package, version, licence and hash noted, and is what was noted', async () => {
  const noted = await notes();
  const there = (await readdir(VENDOR)).filter((name) => name !== 'LICENSES.txt');
  assert.deepEqual(noted.map(([name]) => name).sort(), there.sort());
  for (const [name, said] of noted) {
    assert.match(said, /From npm: \S+ \d+\.\d+\.\d+, file \S+/, name);
    assert.match(said, /https:\/\/github\.com\//, name);
    assert.match(said, /MIT|Apache/, name);
    const [, here] = said.match(/^ {4}here {4}([0-9a-f]{64})$/m);
    const [, source] = said.match(/^ {4}source {2}([0-9a-f]{64})$/m);
    const bytes = await readFile(new URL(name, VENDOR));
    assert.equal(sha256(bytes), here, name);
    // A script is its source below two lines that say where it is from; of the tokens only those in use are there.
    if (name.endsWith('.js')) assert.equal(sha256(bytes.subarray(bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1)), source, name);
  }
});
