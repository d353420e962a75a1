// What may be done to a recorded dose. Each says why; none hides what stood there before.

import { html, useState, ProblemNotice, Notice, Ask, asProblem, announce } from '../ui.js';
import { TextField } from '../form.js';
import { t, said, date } from '../words.js';
import { call } from '../api.js';
import { ifMatch, LONGEST, maker, numbered, REASON_LIMIT, vaccine } from '../dose.js';

/** Somebody else was first: what is shown is gone, decided, changed or locked. */
const STALE = [404, 409, 412, 423];

/**
 * Asks the API and says what came of it. Where somebody else was first, the page is to look anew, lest the same is asked for ever; what was
 * said about it stays until the next try.
 */
export function useChange(onDone, onStale, words = () => t('checks.done')) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const change = async (...request) => {
    setBusy(true);
    setProblem(null);
    try {
      const { data } = await call(...request);
      announce(words(data));
      onDone(data);
    } catch (error) {
      const found = asProblem(error);
      setProblem(found);
      if (STALE.includes(found.status)) onStale();
    }
    setBusy(false);
  };
  return { busy, problem, change };
}

const Reason = ({ value, onValue, optional }) => html`<${TextField} id="reason" label=${t('reason.label')} help=${t('reason.help')} optional=${optional} maxlength=${REASON_LIMIT} value=${value} onValue=${onValue} />`;

const About = ({ dose }) => html`<p>${numbered(dose)} ・ ${date(dose.given_on)} ・ <bdi>${vaccine(dose)}</bdi> <bdi>${dose.lot}</bdi></p>`;

export function Correct({ dose, onDone, onStale }) {
  const { busy, problem, change } = useChange(() => onDone(true), onStale);
  // Only what was typed: what somebody else has corrected meanwhile is not put back unseen.
  const [typed, setTyped] = useState({});
  const shown = (name) => (name === 'product' ? maker(dose) : dose[name] ?? '');
  // What nobody touched goes back as it came, blanks and all, lest it is changed with the rest.
  const sent = (name) => {
    const text = typed[name] ?? shown(name);
    if (text !== shown(name)) return text.trim();
    return name === 'product' ? dose.product.code : dose[name];
  };
  const [reason, setReason] = useState('');
  const isField = problem?.field in LONGEST;
  const yes = () => {
    const given = Object.fromEntries(Object.keys(LONGEST).map((name) => [name, sent(name)]).filter(([, value]) => value));
    change('PUT', `/doses/${dose.id}`, { ...given, reason: reason.trim() }, ifMatch(dose.revision));
  };
  return html`
    <${Ask} title=${t('dose.correct-title', { dose: numbered(dose) })} yes=${t('dose.correct')} busy=${busy} onYes=${yes} onNo=${() => onDone(false)}>
      <${About} dose=${dose} />
      <div class="fields fields-two">${Object.keys(LONGEST).map((name) => html`
        <${TextField} key=${name} id=${`correct-${name}`} label=${t(`dose.${name}`)} optional=${name === 'venue' || name === 'physician'} maxlength=${LONGEST[name]} value=${typed[name] ?? shown(name)}
          error=${problem?.field === name && said(problem.detail ?? problem.words)} onValue=${(value) => setTyped({ ...typed, [name]: value })} />`)}</div>
      <${Reason} value=${reason} onValue=${setReason} />
      ${!isField && html`<${ProblemNotice} problem=${problem} />`}
    <//>`;
}

export function Cancel({ dose, onDone, onStale }) {
  const { busy, problem, change } = useChange(() => onDone(true), onStale);
  const [reason, setReason] = useState('');
  return html`
    <${Ask} title=${t('dose.cancel-title', { dose: numbered(dose) })} yes=${t('dose.cancel')} kind="danger" busy=${busy}
      onYes=${() => change('DELETE', `/doses/${dose.id}`, { reason: reason.trim() }, ifMatch(dose.revision))} onNo=${() => onDone(false)}>
      <${About} dose=${dose} />
      <${Notice} kind="info">${t('dose.cancel-more')}<//>
      <${Reason} value=${reason} onValue=${setReason} />
      <${ProblemNotice} problem=${problem} />
    <//>`;
}

export function Lock({ dose, what, onDone, onStale }) {
  const { busy, problem, change } = useChange(() => onDone(true), onStale);
  const [reason, setReason] = useState('');
  return html`
    <${Ask} title=${t(`dose.${what}-title`, { dose: numbered(dose) })} yes=${t(`dose.${what}`)} busy=${busy}
      onYes=${() => change('POST', `/doses/${dose.id}/${what}`, reason.trim() ? { reason: reason.trim() } : {})} onNo=${() => onDone(false)}>
      <${About} dose=${dose} />
      <${Notice} kind="info">${t('dose.lock-more')}<//>
      <${Reason} value=${reason} onValue=${setReason} optional />
      <${ProblemNotice} problem=${problem} />
    <//>`;
}
