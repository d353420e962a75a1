// A `vrs serve` of one's own, and a browser before it.

import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { today } from '../../infra/console/app/words.js';

const run = promisify(execFile);
const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const VRS = process.env.VRS ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'debug/vrs');

export const DESK = { width: 1366, height: 768 };
export const TABLET = { width: 820, height: 1180 };
export const TENANT = '131016';
export const ALL_ROLES = ['read', 'register', 'doses', 'inquire', 'approve'];

/** Chromium asks for names of the outside world at its start unless it is told not to. */
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const freePort = () => new Promise((resolve, reject) => {
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts a stack with one municipality. */
export async function startStack() {
  const folder = await mkdtemp(path.join(tmpdir(), 'vrs-console-'));
  const [api, s3, dynamodb] = (await Promise.all([freePort(), freePort(), freePort()])).map((port) => `127.0.0.1:${port}`);
  const child = spawn(VRS, ['serve', '--data', path.join(folder, 'data'), '--api', api, '--s3', s3, '--dynamodb', dynamodb], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error('vrs serve ended')));
    child.stdout.on('data', (text) => String(text).includes('The stack is up') && resolve());
  });
  const tokens = new Map();
  const stack = {
    folder,
    url: `http://${api}`,
    s3: `http://${s3}`,
    dynamodb: `http://${dynamodb}`,
    vrs: (...args) => run(VRS, args, { cwd: folder, maxBuffer: 1 << 26 }),
    addTenant: (code) => stack.vrs('tenant', 'add', code, '--dynamodb', `http://${dynamodb}`),
    /** A synthetic file of residents; answers its path. */
    async generate(name, ...args) {
      await stack.vrs('generate', '--tenant', TENANT, '--seed', '1', '--out', name, ...args);
      return path.join(folder, name);
    },
    async upload(file) {
      await stack.vrs('upload', file, '--tenant', TENANT, '--api', `http://${api}`, '--s3', `http://${s3}`);
    },
    /** A register of 200 in force; those of it who are old enough for every vaccine of the day. */
    async adults() {
      const file = await stack.generate('residents_20210401.csv', '--residents', '200');
      await stack.upload(file);
      return (await people(file)).filter((person) => person['生年月日'] < '19800101');
    },
    async token(tenant, roles) {
      const kept = `${tenant} ${roles}`;
      if (tokens.has(kept)) return tokens.get(kept);
      const { stdout } = await stack.vrs('token', '--tenant', tenant, ...roles.flatMap((role) => ['--role', role]), '--api', `http://${api}`);
      tokens.set(kept, stdout.trim());
      return stdout.trim();
    },
    /** A request of somebody with those roles, past the console. */
    ask: (...request) => stack.askAs(TENANT, ...request),
    async askAs(tenant, roles, method, route, body, headers = {}) {
      const authorization = `Bearer ${await stack.token(tenant, roles)}`;
      const sent = { authorization, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), ...headers };
      return fetch(stack.url + route, { method, headers: sent, body: body && JSON.stringify(body) });
    },
    /** Another municipality asks about a person on a consent of that number; answers the doses it was given. */
    async inquire(tenant, person, number) {
      const who = { my_number: person['個人番号'], birth_date: person['生年月日'] };
      const form = { basis: 'CONSENT', purpose: 'VACCINATION', programmes: 'COVID19', evidence_number: number, signed_on: today(), scan_sha256: '0'.repeat(64) };
      const basis = await (await stack.askAs(tenant, ['inquire'], 'POST', '/consents', { ...form, ...who })).json();
      return (await (await stack.askAs(tenant, ['inquire'], 'POST', '/inquiries', { consent: basis.id, ...who })).json()).doses;
    },
    /** The id of a resident, by their coupon. */
    async residentOf(person) {
      const found = await (await stack.ask(['read'], 'POST', '/residents/search', { coupon: person['券番号'] })).json();
      return found.residents[0].id;
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
  await stack.addTenant(TENANT);
  return stack;
}

/** A browser whose every complaint fails the test that looks at `complaints`. */
export async function startBrowser(...more) {
  // Without a locale of UTF-8 it cannot read a file that has a Japanese name.
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...QUIET, ...more], env: { ...process.env, LANG: 'C.UTF-8' } });
}

const KINDS = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };

/** Takes the console's files from a folder instead of from the binary, so that they can be worked on without building it. */
async function serveFrom(context, folder) {
  await context.route(/^http:\/\/127\.0\.0\.1:\d+\/((app|vendor)\/.*|style\.css|icon\.svg)?([?#].*)?$/, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
    const headers = name === 'index.html' ? (await route.fetch()).headers() : {};
    delete headers['content-length'];
    const kind = `${KINDS[name.split('.').at(-1)]}; charset=utf-8`;
    await route.fulfill({ headers: { ...headers, 'content-type': kind }, body: await readFile(path.join(folder, name)) });
  });
}

export async function newPage(browser, { viewport = DESK, language = 'ja' } = {}) {
  const context = await browser.newContext({ viewport, locale: 'ja-JP', acceptDownloads: true });
  if (process.env.CONSOLE) await serveFrom(context, process.env.CONSOLE);
  if (language === 'en') await context.addInitScript(() => localStorage.setItem('open-vrs.language', 'en'));
  const page = await context.newPage();
  page.complaints = [];
  // Whoever listens has choosers caught from the start; otherwise the first one can open before it is.
  page.on('filechooser', () => {});
  page.outside = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => {
    // What the API refuses is on purpose; a browser complains of it all the same.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) page.complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') page.outside.push(request.url());
  });
  return page;
}

/** Signs in on the issuer's page, by keyboard. */
export async function signIn(page, stack, { tenant = TENANT, person = '健康課 佐藤', roles = ALL_ROLES } = {}) {
  await page.goto(`${stack.url}/`);
  await page.getByRole('button', { name: /^(ログイン|Sign in)$/ }).press('Enter');
  await page.waitForURL(/\/authorize/);
  await page.locator('#tenant').fill(tenant);
  await page.locator('#person').fill(person);
  for (const box of await page.locator('input[name=role]').all()) await box.setChecked(roles.includes(await box.getAttribute('value')));
  await page.locator('button[type=submit]').press('Enter');
  await page.waitForSelector('.nav');
}

/** Opens a page of the console and waits until nothing on it is being loaded. */
export async function open(page, stack, hash) {
  await page.goto(`${stack.url}/#/${hash}`);
  await page.locator(`[data-route="${hash}"] h1, main > .page h1`).first().waitFor();
  await calm(page);
}

export async function calm(page) {
  await page.waitForFunction(() => !document.querySelector('.waiting'));
}

/** Presses Tab until the element has the focus; fails if it cannot be reached so. */
export async function tabTo(page, locator, most = 60) {
  const element = await locator.elementHandle();
  for (let presses = 0; presses < most; presses += 1) {
    if (await element.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`not reached by ${most} tabs`);
}

/** Takes a person of a file of residents for address-protected (its last column), in whatever encoding it is. */
export async function protect(file, person) {
  const text = await readFile(file, 'latin1');
  const line = text.split(/\r?\n/).find((it) => it.includes(`,${person['券番号']},${person['個人番号']},`));
  await writeFile(file, text.replace(line, line.replace(/[^,]*$/, '1')), 'latin1');
}

/** The people of a file of residents that have a coupon, each as its columns. */
export async function people(file) {
  const [header, ...rows] = (await read(file)).replace(/^\ufeff/, '').trim().split(/\r?\n/).map((line) => line.split(','));
  const all = rows.map((row) => Object.fromEntries(row.map((cell, at) => [header[at], cell])));
  return all.filter((person) => person['券番号']);
}

/** The 18 digits under the coupon of a person. */
export const lineOf = (person, dose = 1) => `2${dose}${TENANT}${person['券番号']}`;

export const read = (file) => readFile(file, 'utf8');

/** The one in the middle; of two, the larger. */
export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
