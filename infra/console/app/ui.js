// The pieces that pages are made of.

import { h, html, render, useState, useEffect, useRef, useMemo, useCallback, useLayoutEffect } from '../vendor/preact.js';
import { t, said, number, percent } from './words.js';

export { html, render, useState, useEffect, useRef, useMemo, useCallback, useLayoutEffect };

let firstPage = true;

/** Where somebody goes on from at a place: itself if it takes the focus, else its heading. */
const spotOf = (place) => (place?.matches?.('[tabindex]') ? place : place?.querySelector?.('h1, h2, h3'));

/**
 * Keeps the focus on a page. What had it may be gone (a button with what it decided, a row with its list) or may be out of use for a
 * moment: then it goes to the table or article before it, else to what is left around it, or back to it, and never to nowhere.
 */
function keepFocus(page) {
  let trail = []; // what had the focus, and all around it
  const note = ({ target }) => {
    trail = [];
    for (let it = target; it !== page; it = it.parentElement) trail.push(it);
  };
  const forget = () => { trail = []; };
  const mend = (changes) => {
    const [last] = trail;
    if (!last || document.activeElement !== document.body || !document.hasFocus()) return;
    if (last.isConnected) {
      if (!last.matches(':disabled')) last.focus();
      return;
    }
    const gone = changes.find(({ removedNodes }) => [...removedNodes].some((it) => it.contains(last)));
    const before = gone?.previousSibling?.matches?.('[tabindex], article') ? [gone.previousSibling] : [];
    const spot = spotOf([...before, ...trail, page].find((it) => it.isConnected && spotOf(it)));
    if (!spot.hasAttribute('tabindex')) spot.tabIndex = -1;
    spot.focus();
  };
  const watcher = new MutationObserver(mend);
  watcher.observe(page, { subtree: true, childList: true, attributeFilter: ['disabled'] });
  page.addEventListener('focusin', note);
  // Whoever clicks beside everything takes it away on purpose.
  addEventListener('pointerdown', forget);
  return () => {
    watcher.disconnect();
    removeEventListener('pointerdown', forget);
  };
}

/** A page: its heading takes the focus when one comes from another page, so that it is read out. */
export function Page({ title, lead, actions, back, children }) {
  const page = useRef();
  const heading = useRef();
  useLayoutEffect(() => keepFocus(page.current), []);
  useEffect(() => {
    document.title = `${title} - ${t('product')}`;
  }, [title]);
  // Before anything is painted, lest it takes the focus from where somebody has gone meanwhile.
  useLayoutEffect(() => {
    if (!firstPage) heading.current?.focus({ preventScroll: true });
    if (!firstPage) scrollTo(0, 0);
    firstPage = false;
  }, []);
  return html`
    <div class="page" ref=${page}>
      ${back && html`<p class="back"><a href=${back.href}>${back.text}</a></p>`}
      <div class="page-head">
        <div>
          <h1 tabindex="-1" ref=${heading}>${title}</h1>
          ${lead && html`<p class="lead">${lead}</p>`}
        </div>
        ${actions && html`<div class="actions">${actions}</div>`}
      </div>
      ${children}
    </div>`;
}

const ICONS = {
  info: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm1 15h-2v-6h2v6Zm0-8h-2V7h2v2Z',
  good: 'M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.8 14.4-4-4 1.4-1.4 2.6 2.6 6.2-6.2 1.4 1.4-7.6 7.6Z',
  warning: 'M12 3 1 21h22L12 3Zm1 15h-2v-2h2v2Zm0-4h-2v-4h2v4Z',
  error: 'M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9L7.9 2ZM13 17v-2h-2v2h2Zm0-4V7h-2v6h2Z',
  start: 'M4 11.2 12 4l8 7.2V20h-5.5v-5h-5v5H4v-8.8Z',
  files: 'M6 2h8l5 5v15H6V2Zm7 1.8V8h4.2L13 3.8ZM9 12v1.8h7V12H9Zm0 4v1.8h7V16H9Z',
  residents: 'M9 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8Zm0 10c4 0 7 1.8 7 4.2V20H2v-1.8C2 15.8 5 14 9 14Zm7-9.5a3.5 3.5 0 1 1 0 7c-.5 0-.9-.1-1.3-.2A6 6 0 0 0 15 5c.3-.3.6-.5 1-.5Zm2 15.5v-1.8c0-1.3-.6-2.5-1.7-3.4 3.2.2 5.7 1.7 5.7 3.7V20h-4Z',
  doses: 'm14.5 3 1.4-1.4 6.4 6.4L20.9 9.4l-1.8-1.8-2.5 2.5 1.4 1.4-1.4 1.4-.7-.7-7.1 7.1H5.6l-3 3-1.4-1.4 3-3v-3.2l7.1-7.1-.7-.7L12 5.5l1.4 1.4 2.5-2.5L14.5 3Z',
  exports: 'M11 3h2v9l3.5-3.5 1.4 1.4L12 15.8 6.1 9.9l1.4-1.4L11 12V3ZM4 17h2v2h12v-2h2v4H4v-4Z',
  inquiries: 'M3 4h13v9H8l-3.5 3.2V13H3V4Zm15 4h3v9h-1.5v3.2L16 17H9.5v-2H18V8Z',
  log: 'M5 3h14v18H5V3Zm3 4v1.8h8V7H8Zm0 4v1.8h8V11H8Zm0 4v1.8h5V15H8Z',
  settings: 'M4 5h7v2H4V5Zm11 0h5v2h-5v2h-2V3h2v2ZM4 11h3V9h2v6H7v-2H4v-2Zm7 0h9v2h-9v-2Zm-7 6h9v2H4v-2Zm13 0h3v2h-3v2h-2v-6h2v2Z',
  checks: 'M4 4h10v2H6v12h12v-6h2v8H4V4Zm5.4 5.6L12 12.2l7.6-7.6L21 6l-9 9-4-4 1.4-1.4Z',
  search: 'M10 3a7 7 0 0 1 5.6 11.2l5.1 5.1-1.4 1.4-5.1-5.1A7 7 0 1 1 10 3Zm0 2a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z',
  drop: 'M11 16V7.8L7.5 11.3 6.1 9.9 12 4l5.9 5.9-1.4 1.4L13 7.8V16h-2ZM4 18h16v2H4v-2Z',
};

// Templates keep an element without a value in it once it was made, and with it the page that it was in and whoever was on that.
// So such elements are made by these.

export const Break = () => h('br');

/** A piece that only the style sheet gives a shape; nobody reads it. */
export const Mark = ({ name }) => html`<span class=${name} aria-hidden="true"></span>`;

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${ICONS[name]} /></svg>`;

export const Notice = ({ kind = 'info', role, title, children }) => html`
  <div class=${`notice notice-${kind}`} role=${role}>
    <${Icon} name=${kind} />
    <div class="notice-text">${title && html`<strong>${title}</strong>`}<div>${children}</div></div>
  </div>`;

/** A problem of the API, said where it happened. */
export const ProblemNotice = ({ problem }) => problem && html`
  <${Notice} kind="error" role="alert">
    ${said(problem.words)}${problem.detail && html`<${Break} />${said(problem.detail)}`}
    ${problem.told?.findings?.map((finding) => html`<br key=${finding.code} />${said(finding)}`)}
  <//>`;

/** Anything that was not expected becomes a problem that can be shown. */
export function asProblem(error) {
  if (error.words) return error;
  console.error(error);
  return { code: 'PAGE', words: 'problem.page' };
}

export const Badge = ({ kind = 'plain', children }) => html`<span class=${`badge badge-${kind}`}>${children}</span>`;

export const Waiting = ({ text }) => html`<p class="waiting" role="status"><${Mark} name="spinner" />${text ?? t('waiting')}</p>`;

/** How far something is. Without a share it is under way, and nobody knows how far; an element that once had one keeps it, so there are two. */
export const Progress = ({ label, share }) => (share === undefined
  ? html`<progress key="moving" aria-label=${label}></progress>`
  : html`<progress key="share" max="1" value=${share} aria-label=${label}></progress>`);

/** Parts of a whole as one bar, and in words and numbers beside it; the colours only repeat what the words say. */
export function Parts({ label, parts, whole }) {
  const shown = parts.filter((part) => part.value > 0);
  const total = Math.max(whole, shown.reduce((sum, part) => sum + part.value, 0), 1);
  // What is there at all is at least a visible line.
  const widths = shown.map((part) => Math.max((part.value / total) * 1000, 6));
  const scale = 1000 / Math.max(1000, widths.reduce((sum, width) => sum + width, 0));
  let at = 0;
  return html`
    <figure class="parts">
      <svg class="parts-bar" viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="part-none" x=${at} y="0" width="1000" height="40" />
        ${shown.map((part, place) => {
          const x = at;
          at += widths[place] * scale;
          return html`<rect key=${part.key} class=${`part-${part.key}`} x=${x} y="0" width=${Math.max(widths[place] * scale - 2, 1)} height="40" />`;
        })}
      </svg>
      <figcaption class="visually-hidden">${label}</figcaption>
      <ul class="legend">
        ${parts.map((part) => html`
          <li key=${part.key} class=${part.value ? '' : 'legend-empty'}>
            <span class=${`swatch part-${part.key}`} aria-hidden="true"></span>
            <span class="legend-name">${part.name}</span>
            <span class="legend-value">${number(part.value)}</span>
            <span class="legend-share">${percent(part.value, whole)}</span>
          </li>`)}
      </ul>
    </figure>`;
}

/** A question before something that is not taken back, open as long as it is there; what it needs to know may stand in it as fields. */
export function Ask({ title, children, yes, no = t('cancel'), kind = 'primary', busy, onYes, onNo }) {
  const dialog = useRef();
  // Before anything is painted, lest the next key goes to what asked for it.
  useLayoutEffect(() => {
    const it = dialog.current;
    it.showModal();
    // Closing it gives the focus back to where it was; without a dialog there is nothing to close.
    return () => it.close();
  }, []);
  return html`
    <dialog ref=${dialog} class="dialog" aria-labelledby="ask-title" onCancel=${(event) => { event.preventDefault(); onNo(); }}>
      <form onSubmit=${(event) => { event.preventDefault(); onYes(); }}>
        <h2 id="ask-title">${title}</h2>
        <div class="stack">${children}</div>
        <div class="dialog-actions">
          <button class="button" type="button" onClick=${onNo}>${no}</button>
          <button class=${`button button-${kind}`} type="submit" disabled=${busy}>${yes}</button>
        </div>
      </form>
    </dialog>`;
}

/** Something to be read to its end, before the page. */
export function Reading({ title, children, onClose }) {
  const dialog = useRef();
  useLayoutEffect(() => dialog.current.showModal(), []);
  // Closing it gives the focus back to where it was.
  return html`
    <dialog ref=${dialog} class="dialog" aria-labelledby="reading-title" onClose=${onClose}>
      <h2 id="reading-title">${title}</h2>
      <div class="stack wrap">${children}</div>
      <div class="dialog-actions"><button class="button" type="button" onClick=${() => dialog.current.close()}>${t('close')}</button></div>
    </dialog>`;
}

/** What is about to be said: something newer, or the end of a sign-in, comes in its place. */
let saying;

/** Read out by a screen reader, shown to nobody. */
export function announce(text) {
  const region = document.getElementById('announcer');
  if (!region) return;
  clearTimeout(saying);
  region.textContent = '';
  saying = setTimeout(() => {
    region.textContent = text;
  }, 60);
}

/** Saves bytes under a name, without a request. */
export function save(bytes, name, type = 'text/csv') {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
