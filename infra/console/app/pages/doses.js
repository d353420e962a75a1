// Doses entered at speed: a coupon is scanned, who it is is shown back, Enter records it, and the next coupon is scanned.

import { html, useState, useLayoutEffect, useRef, Mark, Page, Icon, Badge, Notice, asProblem, announce } from '../ui.js';
import { Field } from '../form.js';
import { useRedraw } from '../loading.js';
import { t, said, number, date } from '../words.js';
import { call, currentSession } from '../api.js';
import { fold, parts } from '../coupon.js';
import { desk, enter, isInUse, KINDS, missing, onDesk, outcomeText, share, skip, takePreset, whyOf } from '../desk.js';
import { LONGEST } from '../dose.js';
import { queued } from '../queue.js';
import { to } from '../router.js';
import { isMuted, mute, play } from '../sounds.js';
import { VACCINES } from '../vaccines.js';
import Camera from './camera.js';
import Entries from './entries.js';
import Presets from './presets.js';
import '../texts/doses.js';

/** Scanners send an Enter behind the digits; only one that comes later than that confirms. */
const ENTER_OF_SCANNER = 300; // ms
const PATIENCE = 5_000; // for a look at who it is
/** What a birth date can help with: nobody was shown, and the API compares it instead. */
const ASKS_BIRTH_DATE = { OFFLINE: 'offline', TRY_AGAIN: 'offline', COUPON_UNKNOWN: 'unknown', LOOKUP_EXPIRED: 'expired' };

export default ({ route: [what] }) => (what === 'presets' ? html`<${Presets} />` : html`<${Doses} />`);

function switchTo(preset) {
  takePreset(preset);
  announce(t('preset.chosen', { name: preset.name }));
}

function Doses() {
  useRedraw(onDesk);
  // From wherever the hands are: Alt and a digit.
  // Before anybody sees the page: a key that is pressed on what can be seen is never lost.
  useLayoutEffect(() => {
    const pressed = (event) => {
      const [, digit] = event.code.match(/^Digit([1-9])$/) ?? [];
      const preset = event.altKey && !event.ctrlKey && !event.metaKey && desk.presets[digit - 1];
      if (!preset) return;
      event.preventDefault();
      switchTo(preset);
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  return html`
    <${Page} title=${t('doses.title')} lead=${t('doses.lead')}
      actions=${html`<label class="check"><input type="checkbox" checked=${!isMuted()} onChange=${(event) => mute(!event.target.checked)} />${t('doses.sounds')}</label>`}>
      ${queued() > 0 && html`<${Notice} kind="warning" role="status" title=${t('doses.queue', { count: number(queued()) })}>${t('doses.queue-more')}<//>`}
      <div class="desk">
        <${Scan} />
        <${Shared} />
      </div>
      <${Entries} />
    <//>`;
}

const EMPTY = { step: 'scan', coupon: null, seen: null, asks: null, problem: null, outcome: null };

function Scan() {
  const [way, setWay] = useState('line');
  const [text, setText] = useState('');
  const [hand, setHand] = useState({ municipality: currentSession().tenant, number: '' });
  const [born, setBorn] = useState('');
  const [state, setState] = useState(EMPTY);
  const [filming, setFilming] = useState(false);
  const input = useRef();
  const birth = useRef();
  const seenAt = useRef(0);
  /** Which look is the last one: an answer to an earlier one is not shown. */
  const turn = useRef(0);
  // Before anything is painted, lest the next key goes to where the focus was.
  useLayoutEffect(() => {
    if (state.step === 'birth') birth.current?.focus();
    else if (state.step !== 'looking') {
      input.current?.focus();
      if (state.step === 'seen') input.current?.select?.();
    }
  }, [state.step, way]);

  const look = async (coupon) => {
    turn.current += 1;
    const mine = turn.current;
    if (missing().length) {
      play('refused');
      setText('');
      setState({ ...EMPTY, problem: { words: 'doses.shared-first' } });
      return;
    }
    setBorn('');
    setState({ ...EMPTY, step: 'looking', coupon });
    try {
      const asked = coupon.line ? { line: coupon.line } : { coupon: coupon.coupon, municipality: coupon.municipality };
      const { data } = await call('POST', '/doses/lookup', asked, { signal: AbortSignal.timeout(PATIENCE) });
      if (mine !== turn.current) return;
      seenAt.current = performance.now();
      const doubts = doubtsOf(coupon, data);
      play(doubts.length ? 'doubt' : 'seen');
      announce([personOf(data), ...doubts].join(t('list.comma')));
      setState({ ...EMPTY, step: 'seen', coupon, seen: data });
    } catch (error) {
      if (mine !== turn.current) return;
      const problem = asProblem(error);
      const asks = ASKS_BIRTH_DATE[problem.code];
      play(asks ? 'doubt' : 'refused');
      setText('');
      setState({ ...EMPTY, step: asks ? 'birth' : 'scan', coupon, asks, problem });
    }
  };

  const record = async (second) => {
    const { coupon } = state;
    turn.current += 1;
    const mine = turn.current;
    setText('');
    setHand({ ...hand, coupon: '', number: '' });
    setState({ ...EMPTY, step: 'scan', coupon, saving: true });
    const outcome = await enter(coupon, second);
    announce(outcomeText(outcome));
    if (mine !== turn.current) return;
    if (outcome.problem?.code === 'LOOKUP_EXPIRED') setState({ ...EMPTY, step: 'birth', coupon, asks: 'expired', outcome });
    else setState({ ...EMPTY, coupon, outcome });
  };

  const submit = (event) => {
    event.preventDefault();
    if (state.step === 'seen') {
      if (performance.now() - seenAt.current > ENTER_OF_SCANNER) record({ token: state.seen.token });
    } else if (state.step === 'birth') {
      if (born.trim()) record({ birth_date: born.trim() });
    } else if (state.step === 'scan') {
      if (way === 'number') look({ coupon: fold(hand.coupon ?? ''), municipality: fold(hand.municipality), number: fold(hand.number) });
      else if (text.trim()) look(ofLine(text));
    }
  };
  /** Whoever was asked about stays unrecorded, and the list says so. */
  const leave = () => {
    if (state.step === 'seen' || state.step === 'birth') skip(state.coupon);
    turn.current += 1;
    setState(EMPTY);
  };
  const type = (value) => {
    setText(value);
    if (state.step === 'seen' || state.step === 'birth') leave();
    if (fold(value).length === 18) look(ofLine(value));
  };
  const typeBirth = (value) => {
    setBorn(value);
    // The next coupon, scanned into the field that has the focus.
    if (parts(fold(value))) type(value);
  };
  const cancel = () => {
    leave();
    setText('');
    input.current?.focus();
  };
  const choose = (next) => {
    cancel();
    setWay(next);
  };
  /** Answers whether a code was taken: what was not is told again, as long as it is in sight. */
  const film = (code, again) => {
    const line = fold(code);
    if (state.step !== 'scan') return line === state.coupon?.line;
    if (!parts(line)) return false;
    const taken = !missing().length;
    if (taken) setText(line);
    if (taken || !again) look(ofLine(line));
    return taken;
  };
  const filmed = useRef();
  filmed.current = film;

  const byHand = (name, attributes) => html`
    <${Field} id=${`hand-${name}`} label=${t(`hand.${name}`)}>
      <input class="input mono" id=${`hand-${name}`} required autocomplete="off" spellcheck=${false} inputmode="numeric" value=${hand[name] ?? ''} disabled=${state.step === 'seen' && name !== 'coupon'}
        onInput=${(event) => { if (state.step === 'seen') cancel(); setHand({ ...hand, [name]: event.target.value }); }} ...${attributes} />
    <//>`;
  return html`
    <form class="card stack scan" onSubmit=${submit} onKeyDown=${(event) => event.key === 'Escape' && cancel()} aria-label=${t('doses.scan')}>
      <div class="row">
        <fieldset class="choice grow"><legend class="visually-hidden">${t('doses.way')}</legend>
          ${['line', 'number'].map((it) => html`<label key=${it}><input type="radio" name="way" checked=${it === way} onChange=${() => choose(it)} />${t(`doses.by-${it}`)}</label>`)}
        </fieldset>
        ${way === 'line' && html`<button class="button button-small" type="button" aria-pressed=${filming} onClick=${() => setFilming(!filming)}>${t(filming ? 'doses.camera-off' : 'doses.camera-on')}</button>`}
      </div>
      ${way === 'line' ? html`
        <${Field} id="line" label=${t('doses.line')} help=${t('doses.line-help')}>
          <input class="input input-line mono" id="line" ref=${input} autocomplete="off" spellcheck=${false} inputmode="numeric" maxlength="40" aria-describedby="line-help" value=${text} readonly=${state.step === 'looking'}
            onInput=${(event) => type(event.target.value)} />
        <//>` : html`
        <div class="fields">${byHand('coupon', { ref: input, maxlength: 30 })}${byHand('number', { maxlength: 2 })}${byHand('municipality', { maxlength: 6 })}</div>
        ${state.step === 'scan' && html`<div><button class="button" type="submit">${t('doses.look')}</button></div>`}`}
      ${way === 'line' && filming && html`<${Camera} onCode=${(...told) => filmed.current(...told)} />`}
      <${Panel} state=${state} born=${born} setBorn=${typeBirth} birth=${birth} onCancel=${cancel} />
    </form>`;
}

const ofLine = (text) => {
  const line = fold(text);
  return { line, ...parts(line) };
};

const personOf = (seen) => [seen.kana_initials ?? t('doses.no-kana'), t('resident.age', { age: seen.age }), t(`sex.${seen.sex}`)].join(' ・ ');

/** What somebody should notice before they confirm. The API checks everything again. */
function doubtsOf(coupon, seen) {
  const dose = Number(coupon.number);
  const had = seen.doses.map((it) => it.number);
  return [
    seen.removed && t('doubt.removed'),
    had.includes(dose) && t('doubt.same', { number: dose }),
    dose > 1 && !had.includes(dose - 1) && t('doubt.previous', { number: dose - 1 }),
    had.some((it) => it > dose) && t('doubt.later'),
  ].filter(Boolean);
}

/** Where the eyes are: what is to be done now, or what became of the last one. */
function Panel({ state, born, setBorn, birth, onCancel }) {
  const { step, coupon, seen, asks, problem, outcome } = state;
  if (step === 'looking' || state.saving) return html`<div class="panel panel-busy"><p class="panel-head"><${Mark} name="spinner" />${t(state.saving ? 'doses.saving' : 'doses.looking')}</p></div>`;
  if (step === 'seen') return html`<${Seen} coupon=${coupon} seen=${seen} onCancel=${onCancel} />`;
  if (step === 'birth') return html`
    <div class="panel panel-doubt">
      <p class="panel-head" id="born-why"><${Icon} name="warning" />${t(`asks.${asks}`)}</p>
      <p id="born-more">${t(`asks.${asks}-more`)}</p>
      <p>${coupon.number ? t('doses.number', { number: coupon.number }) : ''} <span class="mono">${coupon.coupon}</span></p>
      <${Field} id="born" label=${t('residents.birth_date')} help=${t('residents.birth_date-help')}>
        <input class="input input-short mono" id="born" ref=${birth} required autocomplete="off" spellcheck=${false} maxlength="30" aria-describedby="born-why born-more born-help" value=${born} onInput=${(event) => setBorn(event.target.value)} />
      <//>
      <div class="row"><button class="button button-primary" type="submit">${t('asks.yes')}</button><button class="button" type="button" onClick=${onCancel}>${t('doses.not')}</button></div>
    </div>`;
  if (outcome) return html`<${Outcome} outcome=${outcome} coupon=${coupon} />`;
  if (problem) return html`
    <div class="panel panel-bad" role="alert">
      <p class="panel-head"><${Icon} name="error" />${said(problem.words)}</p>
      ${problem.detail && html`<p>${said(problem.detail)}</p>`}
      ${problem.told?.municipality && html`<p><strong><bdi>${problem.told.municipality.name}</bdi></strong> <span class="mono">${problem.told.municipality.code}</span></p>`}
    </div>`;
  return html`<div class="panel"><p class="panel-head">${t('doses.ready')}</p><p class="help">${t('doses.ready-more')}</p></div>`;
}

function Seen({ coupon, seen, onCancel }) {
  const doubts = doubtsOf(coupon, seen);
  return html`
    <div class=${`panel ${doubts.length ? 'panel-doubt' : 'panel-ask'}`}>
      <p class="panel-who"><strong class="panel-kana"><bdi>${seen.kana_initials ?? t('doses.no-kana')}</bdi></strong><span>${t('resident.age', { age: seen.age })}</span><span>${t(`sex.${seen.sex}`)}</span></p>
      ${doubts.map((doubt) => html`<p key=${doubt} class="panel-doubted"><${Icon} name="warning" />${doubt}</p>`)}
      <dl class="facts">
        <dt>${t('doses.to-record')}</dt><dd><strong>${t('doses.number', { number: coupon.number })}</strong> ・ ${[desk.shared.given_on, desk.shared.product, desk.shared.lot].map((it) => html`<bdi key=${it}>${it} </bdi>`)}</dd>
        <dt>${t('doses.so-far')}</dt><dd>${seen.doses.length ? seen.doses.map((it) => html`<div key=${`${it.number}-${it.other_number}-${it.given_on}`}>${t('doses.number', { number: it.number })} ・ ${date(it.given_on)} ・ <bdi>${it.vaccine}</bdi> ${it.state === 'review' && html`<${Badge} kind="doubt">${t('dose-state.review')}<//>`}${it.other_number && html` <${Badge} kind="busy">${t('dose.other-number')}<//>`}</div>`) : t('doses.none-so-far')}</dd>
      </dl>
      <div class="row"><button class="button button-primary" type="submit">${t('doses.confirm')}</button><button class="button" type="button" onClick=${onCancel}>${t('doses.not')}</button></div>
    </div>`;
}

const ICON = { good: 'good', plain: 'info', busy: 'info', doubt: 'warning', bad: 'error' };

function Outcome({ outcome, coupon }) {
  const [kind] = KINDS[outcome.kind];
  return html`
    <div class=${`panel panel-${kind}`} data-outcome=${outcome.kind}>
      <p class="panel-head"><${Icon} name=${ICON[kind]} />${t(`outcome.${outcome.kind}`)}</p>
      <p>${coupon.number ? t('doses.number', { number: coupon.number }) : ''} <span class="mono">${coupon.coupon}</span></p>
      ${whyOf(outcome).map((why) => html`<p key=${why}>${why}</p>`)}
    </div>`;
}

/** What all doses of the day share. */
function Shared() {
  const empty = missing();
  const field = (name) => html`
    <${Field} id=${`shared-${name}`} label=${t(`shared.${name}`)} optional=${name === 'venue' || name === 'physician'}>
      <input class="input" id=${`shared-${name}`} autocomplete="off" spellcheck=${false} maxlength=${LONGEST[name]} list=${name === 'product' ? 'vaccines' : null}
        aria-invalid=${empty.includes(name) ? 'true' : null} value=${desk.shared[name] ?? ''} onInput=${(event) => share(name, event.target.value)} />
    <//>`;
  return html`
    <section class="card stack shared" aria-labelledby="shared-title">
      <div><h2 id="shared-title">${t('doses.shared')}</h2><p class="help">${t('doses.shared-help')}</p></div>
      ${desk.presets.length > 0 && html`
        <fieldset class="field" onKeyDown=${(event) => event.key === 'Enter' && document.querySelector('.scan .input').focus()}><legend>${t('preset.choose')}</legend><div class="choice choice-close">
          ${desk.presets.map((it, at) => html`<label key=${it.name}><input type="radio" name="preset" checked=${isInUse(it)} onChange=${() => switchTo(it)} />${at < 9 && html`<kbd>${at + 1}</kbd>`}<bdi>${it.name}</bdi></label>`)}
        </div></fieldset>`}
      ${field('given_on')}${field('product')}${field('lot')}${field('venue')}${field('physician')}
      <p><a href=${to('doses', 'presets')}>${t('preset.open')}</a></p>
      <datalist id="vaccines">${VACCINES.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
    </section>`;
}
