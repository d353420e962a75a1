// OIDC authorization code flow with PKCE (RFC 7636). What must outlive the way to the issuer and back (state, verifier,
// the page that was open) lies in sessionStorage until it is used; a token never does.

import { claimsOf } from './api.js';

const KEPT = 'open-vrs.sign-in';

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const home = () => `${location.origin}${location.pathname}`;

async function discover(config) {
  const response = await fetch(`${config.issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, { credentials: 'omit' });
  if (!response.ok) throw new Error('discovery');
  return response.json();
}

const newAsk = () => ({ state: random(), nonce: random(), verifier: random(), page: location.hash });

/** The issuer's page, where what is asked comes back to this address. */
async function pageFor(config, issuer, asked) {
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(asked.verifier)));
  const to = new URL(issuer.authorization_endpoint);
  const query = {
    response_type: 'code', client_id: config.client, redirect_uri: home(), scope: config.scope,
    state: asked.state, nonce: asked.nonce, code_challenge: challenge, code_challenge_method: 'S256',
    // The issuer may still know whoever sat here before: it asks who it is, each time.
    prompt: 'login',
  };
  for (const [name, value] of Object.entries(query)) to.searchParams.set(name, value);
  return to;
}

async function exchange(config, issuer, code, { verifier, nonce }) {
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: home(), client_id: config.client, code_verifier: verifier });
  const response = await fetch(issuer.token_endpoint, { method: 'POST', credentials: 'omit', body });
  if (!response.ok) throw new Error('token');
  const told = await response.json();
  // It came straight from the issuer, so nothing of it but the nonce is looked at: what it says of this sign-in must be of this one.
  if (told.id_token && claimsOf(told.id_token).nonce !== nonce) throw new Error('nonce');
  return told.access_token;
}

/** Leaves for the issuer's page. */
export async function leaveToSignIn(config) {
  const issuer = await discover(config);
  const asked = newAsk();
  sessionStorage.setItem(KEPT, JSON.stringify(asked));
  location.assign(await pageFor(config, issuer, asked));
}

/**
 * Signs in in a window beside this one, which goes on holding what is in its memory. That window hands back the code; state and
 * verifier never leave this one. Answers a token; throws `blocked` if the browser lets no window open.
 */
export async function signInBeside(config) {
  const beside = open('', '_blank', 'popup,width=560,height=760'); // before anything is waited for, or it is blocked
  if (!beside) throw new Error('blocked');
  const asked = newAsk();
  const channel = new BroadcastChannel(KEPT);
  const code = new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data.state !== asked.state || !data.code) return;
      channel.postMessage({ taken: asked.state });
      resolve(data.code);
    };
  });
  try {
    const issuer = await discover(config);
    beside.location = await pageFor(config, issuer, asked);
    return await exchange(config, issuer, await code, asked);
  } catch (error) {
    beside.close(); // lest it stays, empty
    throw error;
  } finally {
    channel.close();
  }
}

/** Why nobody could sign in in a window beside. */
export const besideProblem = (error) => (error.message === 'blocked' ? 'welcome.blocked' : 'welcome.unreachable');

/** Hands what came back to the window that asked for it; false if none did. */
export function handBack() {
  const answer = new URLSearchParams(location.search);
  const [state, code] = [answer.get('state'), answer.get('code')];
  history.replaceState(null, '', location.pathname);
  const channel = new BroadcastChannel(KEPT);
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => data.taken === state && resolve(true);
    setTimeout(resolve, 1000, false);
    channel.postMessage({ state, code });
  }).finally(() => channel.close());
}

/** Whether the issuer sent the browser back here. */
export const isComingBack = () => new URLSearchParams(location.search).has('state');

/** Whether this window is the one that left for the issuer. */
export const didLeave = () => sessionStorage.getItem(KEPT) !== null;

/** Exchanges the code that came back for a token. Throws if anything does not fit. */
export async function comeBack(config) {
  const answer = new URLSearchParams(location.search);
  const asked = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, '', location.pathname + (asked?.page ?? ''));
  if (!asked || answer.get('state') !== asked.state || !answer.has('code')) throw new Error('state');
  return exchange(config, await discover(config), answer.get('code'), asked);
}
