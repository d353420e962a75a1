// The words of the console, in the language that the person chose. Texts stand in texts/ only. What the frame and several pages say is
// fetched in the language that is chosen; what one page says comes with that page, in both.

const FETCH = { ja: () => import('./texts/ja.js'), en: () => import('./texts/en.js') };
const KEPT = 'open-vrs.language';

const texts = { ja: {}, en: {} };
let language = kept();
await learn(language);
const listeners = new Set();

async function learn(name) {
  addTexts({ [name]: (await FETCH[name]()).default });
}

function kept() {
  try {
    return localStorage.getItem(KEPT) === 'en' ? 'en' : 'ja';
  } catch {
    return 'ja'; // storage is switched off on some office machines
  }
}

export const currentLanguage = () => language;

export async function setLanguage(next) {
  await learn(next);
  language = next;
  try {
    localStorage.setItem(KEPT, next);
  } catch {
    // Then it is asked for again next time.
  }
  document.documentElement.lang = next;
  for (const listener of listeners) listener(next);
}

export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Adds texts, by language; answers them. */
export function addTexts(more) {
  for (const [name, its] of Object.entries(more)) Object.assign(texts[name], its);
  return more;
}

/** The text under `key`, with `{name}` replaced by what is given under that name, and `{name:one|many}` by the form that goes with it. */
export function t(key, values = {}) {
  const text = texts[language][key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
    if (many !== undefined) return String(values[name]) === '1' ? one : many;
    return name in values ? String(values[name]) : whole;
  });
}

/** A text in every language that can be fetched, each as `[language, text]`: for whoever cannot choose one yet. */
export async function inAll(key) {
  const found = await Promise.allSettled(Object.entries(FETCH).map(async ([name, fetch]) => [name, (await fetch()).default[key]]));
  return found.filter((it) => it.value).map((it) => it.value);
}

/** The text under `key` if there is one: of codes, which a newer API may have more of than this page knows. */
export const named = (key, code) => texts[language][key] ?? code;

/** Programmes by their names, of codes. */
export const programmes = (codes) => codes.map((code) => named(`programme.${code}`, code)).join(t('list.comma'));

/** What is shown of what the API says in both languages, `{ ja, en }`, or of a text of ours by its key. */
export const said = (words) => (typeof words === 'string' ? t(words) : words ? words[language] : '');

const locale = () => (language === 'ja' ? 'ja-JP' : 'en-GB');

export const number = (value) => new Intl.NumberFormat(locale()).format(value);

export function percent(part, whole) {
  if (!whole) return '0%';
  const share = part / whole;
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: digits }).format(share);
}

/** As many letters of a text as anybody reads in a table. */
export const clipped = (text, most = 300) => (text.length > most ? `${text.slice(0, most)}…` : text);

export function size(bytes) {
  const steps = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < steps.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: value < 10 && step ? 1 : 0 }).format(value)} ${steps[step]}`;
}

/** A moment, on the clock of Japan, wherever the machine stands. */
export function moment(iso) {
  return new Intl.DateTimeFormat(locale(), {
    timeZone: 'Asia/Tokyo', year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false,
  }).format(new Date(iso));
}

/** A moment of today, on the same clock. */
export const time = (at) => new Intl.DateTimeFormat(locale(), { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(at);

/** A calendar date `YYYY-MM-DD`; in Japanese with its era, as forms of municipalities have it. */
export function date(iso) {
  if (!iso) return '';
  const [year, month, day] = iso.split('-').map(Number);
  const at = new Date(Date.UTC(year, month - 1, day));
  const plain = new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', year: 'numeric', month: 'long', day: 'numeric' }).format(at);
  if (language !== 'ja') return plain;
  const era = new Intl.DateTimeFormat('ja-JP-u-ca-japanese', { timeZone: 'UTC', era: 'long', year: 'numeric' }).format(at);
  return `${plain}（${era}）`;
}

/** Today in Japan as `YYYY-MM-DD`. */
export function today() {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo' }).format(new Date());
}

export function age(birth, on = today()) {
  const [by, bm, bd] = birth.split('-').map(Number);
  const [y, m, d] = on.split('-').map(Number);
  return y - by - (m < bm || (m === bm && d < bd) ? 1 : 0);
}
