// OIDC authorization code flow with PKCE (RFC 7636). What must outlive the way to the issuer and back (state, verifier,
// the page that was open) lies in sessionStorage until it is used; a token never does.

const KEPT = 'open-vrs.sign-in';

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const home = () => `${location.origin}${location.pathname}`;

async function discover(config) {
  const response = await fetch(`${config.issuer}/.well-known/openid-configuration`, { credentials: 'omit' });
  if (!response.ok) throw new Error('discovery');
  return response.json();
}

/** Leaves for the issuer's page. */
export async function leaveToSignIn(config) {
  const issuer = await discover(config);
  const asked = { state: random(), nonce: random(), verifier: random(), page: location.hash };
  sessionStorage.setItem(KEPT, JSON.stringify(asked));
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(asked.verifier)));
  const to = new URL(issuer.authorization_endpoint);
  const query = {
    response_type: 'code', client_id: config.client, redirect_uri: home(), scope: config.scope,
    state: asked.state, nonce: asked.nonce, code_challenge: challenge, code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) to.searchParams.set(name, value);
  location.assign(to);
}

/** Whether the issuer sent the browser back here. */
export const isComingBack = () => new URLSearchParams(location.search).has('state');

/** Exchanges the code that came back for a token. Throws if anything does not fit. */
export async function comeBack(config) {
  const answer = new URLSearchParams(location.search);
  const asked = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, '', location.pathname + (asked?.page ?? ''));
  if (!asked || answer.get('state') !== asked.state || !answer.has('code')) throw new Error('state');
  const issuer = await discover(config);
  const response = await fetch(issuer.token_endpoint, {
    method: 'POST', credentials: 'omit',
    body: new URLSearchParams({
      grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: home(),
      client_id: config.client, code_verifier: asked.verifier,
    }),
  });
  if (!response.ok) throw new Error('token');
  return (await response.json()).access_token;
}
