// The end of a sign-in, said before it comes.

import { html, useState, useEffect, announce, Notice } from './ui.js';
import { t, time } from './words.js';
import { besideProblem, signInBeside } from './sign-in.js';

/** How long before its end a sign-in is offered to go on; a short one is for its last fifth. */
const WARNED = 10 * 60_000; // ms

/** Says that a sign-in ends soon. Whoever goes on signs in beside the page, on which all stays as it is. */
export default function Ending({ config, expires, lasts, onSignedIn }) {
  const [near, setNear] = useState(false);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    // What had the focus is gone.
    if (near) document.getElementById('main').focus();
    setNear(false);
    setProblem(null);
    if (!expires) return undefined;
    const timer = setTimeout(() => {
      setNear(true);
      announce(t('ending.title', { at: time(expires) }));
    }, expires - Math.min(WARNED, lasts / 5) - Date.now());
    return () => clearTimeout(timer);
  }, [expires]);
  const stay = () => {
    setProblem(null);
    signInBeside(config).then(onSignedIn).catch((error) => setProblem(besideProblem(error)));
  };
  return near && html`
    <${Notice} kind="warning" title=${t('ending.title', { at: time(expires) })}>
      <p>${t('ending.more')}</p>
      ${problem && html`<p role="alert"><strong>${t(problem)}</strong></p>`}
      <button class="button" type="button" onClick=${stay}>${t('ending.stay')}</button>
    <//>`;
}
