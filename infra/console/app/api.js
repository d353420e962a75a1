// The API is the console's only way in. The token is in this module's memory and nowhere else.

let base = '';
let session = null;
let onSignedOut = () => {};
const forgetting = new Set();
const losing = new Map();

/** What went wrong: `words` as `said` shows them, `code` as the API says it, or OFFLINE, or GATEWAY. */
export class Problem extends Error {
  constructor(status, code, words, more = {}) {
    super(code);
    Object.assign(this, { status, code, words, ...more });
  }
}

/** Whether the same request may do better later. */
export const passes = (problem) => problem.code === 'OFFLINE' || problem.status === 429 || problem.status >= 502;

export function connect(apiBase, signedOut) {
  base = apiBase.replace(/\/$/, '');
  onSignedOut = signedOut;
}

function sessionOf(token) {
  const claims = claimsOf(token);
  const roles = Array.isArray(claims.roles) ? claims.roles : String(claims.roles ?? '').match(/\w+/g) ?? [];
  // The clock of an office machine may be wrong; how long a token that was just issued is good is not.
  const lasts = (claims.exp - (claims.iat ?? Date.now() / 1000)) * 1000;
  return { token, tenant: String(claims.tenant ?? ''), person: String(claims.sub ?? ''), roles, lasts, expires: Date.now() + lasts };
}

export function begin(token) {
  session = sessionOf(token);
  return session;
}

/** Goes on with a sign-in under a new token of the same person. False if it is of somebody else, or nobody is signed in any more. */
export function goOn(token) {
  const next = sessionOf(token);
  if (!session || session.tenant !== next.tenant || session.person !== next.person) return false;
  Object.assign(session, next);
  return true;
}

export const currentSession = () => session;
export const may = (...roles) => Boolean(session) && roles.some((role) => session.roles.includes(role));

/** Calls `forget` whenever a sign-in ends: what a module remembers for whoever was signed in ends with it. */
export const onEnd = (forget) => forgetting.add(forget);

/** `count` answers how many of `what` a module holds that the end of a sign-in, or leaving the page, would lose. */
export const onLoss = (what, count) => losing.set(what, count);

/** How many of `what` would be lost now. */
export const wouldLose = (what) => losing.get(what)?.() ?? 0;
export const wouldLoseAny = () => [...losing.keys()].some(wouldLose);

export function end() {
  session = null;
  for (const forget of forgetting) forget();
}

/** Whoever is signed in now calls through this, and nobody who signs in after them. */
export function caller() {
  const mine = session;
  return (...request) => {
    if (session !== mine) throw new Problem(401, 'UNAUTHENTICATED', 'problem.signed-out');
    return call(...request);
  };
}

/** The claims, to show who is signed in. That they are true is checked by the API, never here. */
export function claimsOf(token) {
  const part = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
  const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Calls a route. Answers `{ data, headers, status }`; anything but 2xx is a `Problem`. */
export async function call(method, path, body, { headers = {}, text = false, signal } = {}) {
  const mine = session;
  const token = mine?.token;
  const sent = { accept: text ? text : 'application/json', authorization: `Bearer ${token}`, ...headers };
  if (body !== undefined) sent['content-type'] = 'application/json';
  let response;
  try {
    response = await fetch(base + path, {
      method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body),
      signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer',
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'OFFLINE', 'problem.offline');
  }
  if (response.ok) return { data: await dataOf(response, text), headers: response.headers, status: response.status };
  const problem = await problemOf(response);
  // A late answer to somebody who is gone, or to a token that was followed by another, ends no sign-in.
  if (problem.status === 401 && session === mine && session?.token === token) onSignedOut();
  throw problem;
}

/** What a good answer says. If that was lost on the way nobody knows it, as if there had been no answer. */
async function dataOf(response, text) {
  if (response.status === 204) return null;
  try {
    return await (text ? response.text() : response.json());
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'OFFLINE', 'problem.offline');
  }
}

/** A list under its name, newest first, page after page, until its end or until the last of a page is past what matters. */
export async function listOf(path, name, isPast, signal) {
  const found = [];
  for (let after = ''; ;) {
    const { data } = await call('GET', `${path}?limit=100${after && `&after=${encodeURIComponent(after)}`}`, undefined, { signal });
    found.push(...data[name]);
    after = data.next;
    if (!after || (found.length && isPast(found.at(-1)))) return found;
  }
}

async function problemOf(response) {
  const told = await response.json().catch(() => ({}));
  if (response.status === 401) return new Problem(401, 'UNAUTHENTICATED', 'problem.signed-out');
  if (!told.code) return gatewayProblem(response.status);
  const words = { ja: told.title, en: told.title_en };
  const detail = told.detail && { ja: told.detail, en: told.detail_en };
  return new Problem(response.status, told.code, words, { detail, field: told.field, act: told.act, told });
}

/** What whoever stands before the API says, which says why by its status only. */
export const gatewayProblem = (status) => new Problem(status, 'GATEWAY', status === 429 || status >= 502 ? 'problem.busy' : 'problem.fault');
