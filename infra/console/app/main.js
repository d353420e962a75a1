// Boots the console: configuration, sign-in, frame, pages by route.

import { html, render, useState, useEffect, announce, Ask, Break, Icon, Notice, Waiting } from './ui.js';
import { t, inAll, number, currentLanguage, setLanguage, onLanguage } from './words.js';
import { begin, call, connect, currentSession, end, goOn, may, onEnd, wouldLose, wouldLoseAny } from './api.js';
import { besideProblem, comeBack, didLeave, handBack, isComingBack, leaveToSignIn, signInBeside } from './sign-in.js';
import { flush, queued, queuedByAnybody } from './queue.js';
import { useRoute, to } from './router.js';

/** What stands on the left, in this order; each page is fetched when it is first opened. */
const PAGES = [
  { name: 'start', open: () => import('./pages/start.js'), roles: null },
  { name: 'files', open: () => import('./pages/files.js'), roles: ['read', 'register'] },
  { name: 'doses', open: () => import('./pages/doses.js'), roles: ['doses'] },
  { name: 'checks', open: () => import('./pages/checks.js'), roles: ['read'] },
  { name: 'residents', open: () => import('./pages/residents.js'), roles: ['read'] },
  { name: 'inquiries', open: () => import('./pages/inquiries.js'), roles: ['inquire', 'approve'] },
  { name: 'exports', open: () => import('./pages/exports.js'), roles: ['read', 'register'] },
  { name: 'settings', open: () => import('./pages/settings.js'), roles: ['register'] },
];

const ICON = 'icon.svg';

const opened = new Map();

/** The page once it is fetched. What could not be fetched is tried again when somebody comes back to it, or says so. */
function usePage(page) {
  const [broken, setBroken] = useState(null);
  const [, drawn] = useState(0);
  const open = () => {
    setBroken(null);
    if (!page || opened.has(page.name)) return;
    page.open().then((module) => {
      opened.set(page.name, module.default);
      drawn((count) => count + 1);
    }, () => setBroken(page));
  };
  useEffect(open, [page]);
  return { Content: page && opened.get(page.name), again: broken && broken === page && open };
}

const Broken = ({ again }) => html`<div class="page"><${Notice} kind="error" role="alert">${t('page.broken')}<//><p><button class="button" type="button" onClick=${again}>${t('page.again')}</button></p></div>`;
const NotFound = () => html`<div class="page"><h1 tabindex="-1">${t('not-found.title')}</h1><p>${t('not-found.text')}</p><p><a class="button" href="#/">${t('nav.start')}</a></p></div>`;

function App({ config, failed }) {
  const [language, setShown] = useState(currentLanguage());
  const [signedIn, setSignedIn] = useState(Boolean(currentSession()));
  const [expired, setExpired] = useState(null);
  const [leaving, setLeaving] = useState(false);
  const [, drawn] = useState(0);
  const [ending, setEnding] = useState(null);
  const route = useRoute();
  useEffect(() => onLanguage(setShown), []);
  const expire = () => {
    if (!currentSession()) return; // what was lost is said already
    const lost = { files: wouldLose('files'), presets: wouldLose('presets') };
    end();
    setLeaving(false);
    setExpired(lost);
    setSignedIn(false);
  };
  useEffect(() => connect(config.api, expire), []);
  // A page that asks for nothing more is told by nobody that the sign-in is over, and goes on showing whom it showed.
  const expires = currentSession()?.expires;
  useEffect(() => (expires ? watchFor(expires, expire) : undefined), [expires]);
  const leave = () => {
    end();
    setLeaving(false);
    setSignedIn(false);
    location.replace('#/');
  };
  // Somebody signed in beside this page, which still holds doses; it may be somebody else than who entered them.
  const arrive = () => {
    location.replace(queued() ? to('doses') : '#/');
    setExpired(null);
    setSignedIn(true);
    flush();
  };
  // Signed in beside a page whose sign-in has not ended. Somebody else finds nothing of what was on it.
  const renew = async (token) => {
    if (goOn(token)) {
      drawn((count) => count + 1);
      return;
    }
    end();
    setLeaving(false);
    setSignedIn(false);
    await new Promise((resolve) => setTimeout(resolve));
    begin(token);
    arrive();
  };
  const mine = PAGES.filter((page) => !page.roles || may(...page.roles));
  const name = route[0] ?? 'start';
  const page = signedIn ? mine.find((it) => it.name === name) : null;
  const { Content, again } = usePage(page);
  // Nobody needs it in the first view.
  useEffect(() => {
    if (signedIn && !ending) import('./ending.js').then((module) => setEnding(() => module.default), () => {});
  }, [signedIn, name]);
  if (!signedIn) return html`<${Welcome} key=${language} config=${config} failed=${failed} expired=${expired} onSignedIn=${arrive} />`;
  const session = currentSession();
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t('skip')}</a>
    <header class="top">
      <a class="brand" href="#/"><img src=${ICON} alt="" width="32" height="32" /><span>${t('product')}</span></a>
      <span class="place"><${Place} code=${session.tenant} page=${name} /></span>
      <div class="top-end">
        <span class="person">${session.person}</span>
        <${LanguageSwitch} />
        <button class="button button-plain button-small" type="button" onClick=${() => (queued() || wouldLoseAny() ? setLeaving(true) : leave())}>${t('sign-out')}</button>
      </div>
    </header>
    ${leaving && html`<${Leaving} onYes=${leave} onNo=${() => setLeaving(false)} />`}
    <div class="frame">
      <div class="side">
        <nav class="nav" aria-label=${t('nav.label')}>
          ${mine.map((it) => html`
            <a key=${it.name} href=${it.name === 'start' ? '#/' : to(it.name)} aria-current=${it.name === name ? 'page' : null}>
              <${Icon} name=${it.name} /><span>${t(`nav.${it.name}`)}</span>
            </a>`)}
        </nav>
      </div>
      <main class="main stack" id="main" tabindex="-1">
        ${ending && html`<${ending} config=${config} expires=${session.expires} lasts=${session.lasts} onSignedIn=${renew} />`}
        ${!page ? html`<${NotFound} />` : Content ? html`<div key=${route.join('/')} data-route=${route.join('/')}><${Content} route=${route.slice(1)} /></div>` : again ? html`<${Broken} again=${again} />` : html`<${Waiting} />`}
      </main>
    </div>`;
}

/** Does `work` once it is that time. Timers sleep in hidden tabs and closed laptops: the clock is looked at often, and when somebody comes back. */
function watchFor(time, work) {
  const look = () => {
    if (Date.now() >= time) work();
  };
  const timer = setInterval(look, 1000);
  document.addEventListener('visibilitychange', look);
  addEventListener('pageshow', look);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
    removeEventListener('pageshow', look);
  };
}

/** What does not wait for whoever signs out, or waits unsent. */
function Leaving({ onYes, onNo }) {
  const [doses, files] = [queued(), wouldLose('files')];
  return html`
    <${Ask} title=${t('sign-out.sure')} no=${t('sign-out.stay')} yes=${t('sign-out')} kind="danger" onYes=${onYes} onNo=${onNo}>
      ${doses > 0 && html`<p><strong>${t('doses.queue', { count: number(doses) })}</strong><${Break} />${t('sign-out.queued')}</p>`}
      ${files > 0 && html`<p><strong>${t('unsent.files', { count: number(files) })}</strong><${Break} />${t('sign-out.files')}</p>`}
      ${wouldLose('presets') > 0 && html`<p><strong>${t('preset.unsaved')}</strong><${Break} />${t('sign-out.presets')}</p>`}
    <//>`;
}

/** The router owns the hash, so the skip link moves the focus itself. */
function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

const LanguageSwitch = () => {
  const other = currentLanguage() === 'ja' ? 'en' : 'ja';
  return html`<button class="button button-plain button-small" type="button" lang=${other} onClick=${() => setLanguage(other).catch(() => {})}>${t('language.other')}</button>`;
};

/** The municipality's name as the API has it; until then its code. What failed is asked for again by the next page. */
function Place({ code, page }) {
  const [name, setName] = useState('');
  useEffect(() => {
    if (!name) call('GET', '/settings').then(({ data }) => setName(data.municipality.name)).catch(() => {});
  }, [code, page]);
  return html`${name || t('municipality')} <span class="mono">${code}</span>`;
}

function Welcome({ config, failed, expired, onSignedIn }) {
  const [state, setState] = useState(failed ? 'failed' : 'ready');
  const [problem, setProblem] = useState(null);
  const waiting = queuedByAnybody();
  useEffect(() => {
    document.title = t('product');
  }, []);
  const leave = () => {
    setState('leaving');
    setProblem(null);
    // What waits in memory would be lost by leaving.
    const arrived = queuedByAnybody() ? signInBeside(config).then(begin).then(onSignedIn) : leaveToSignIn(config);
    arrived.catch((error) => {
      setState('ready');
      setProblem(besideProblem(error));
    });
  };
  return html`
    <div class="sign-in">
      <main class="card sign-in-card">
        <div class="row"><div class="welcome-brand grow"><img src=${ICON} alt="" width="48" height="48" /><h1>${t('product')}<small>${t('welcome.what')}</small></h1></div><${LanguageSwitch} /></div>
        ${expired && html`<${Notice} kind="info" role="status">${t('welcome.expired')}<//>`}
        ${expired?.files > 0 && html`<${Notice} kind="warning" role="alert" title=${t('unsent.files', { count: number(expired.files) })}>${t('welcome.files')}<//>`}
        ${expired?.presets > 0 && html`<${Notice} kind="warning" role="alert">${t('welcome.presets')}<//>`}
        ${state === 'failed' && html`<${Notice} kind="error" role="alert">${t('welcome.failed')}<//>`}
        ${problem && html`<${Notice} kind="error" role="alert">${t(problem)}<//>`}
        ${waiting > 0 && html`<${Notice} kind="warning" title=${t('doses.queue', { count: number(waiting) })}>${t('welcome.beside')}<//>`}
        <p>${t('welcome.text')}</p>
        <button class="button button-primary button-wide" type="button" disabled=${state === 'leaving' && !waiting} onClick=${leave}>${t('sign-in')}</button>
        <p class="help">${t('welcome.memory')}</p>
      </main>
    </div>`;
}

async function boot() {
  await setLanguage(currentLanguage());
  const root = document.getElementById('app');
  const live = document.createElement('div');
  Object.assign(live, { id: 'announcer', className: 'visually-hidden' });
  live.setAttribute('aria-live', 'polite');
  document.body.append(live);
  onEnd(() => announce(''));
  let config;
  try {
    config = await fetch('config.json', { credentials: 'omit' }).then((response) => response.json());
    connect(config.api, () => {});
  } catch {
    const texts = await inAll('boot.failed');
    render(html`<main class="sign-in"><div class="card sign-in-card"><h1>${t('product')}</h1><${Notice} kind="error" role="alert">${texts.map(([lang, text]) => html`<p key=${lang} lang=${lang}>${text}</p>`)}<//></div></main>`, root);
    return;
  }
  let failed = false;
  if (isComingBack() && !didLeave()) {
    if (await handBack()) {
      close();
      render(html`<main class="sign-in"><p class="card sign-in-card">${t('welcome.handed')}</p></main>`, root);
      return;
    }
    failed = true;
  } else if (isComingBack()) {
    try {
      begin(await comeBack(config));
    } catch {
      failed = true;
    }
  }
  render(html`<${App} config=${config} failed=${failed} />`, root);
}

boot();
