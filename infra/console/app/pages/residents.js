// Residents: search by one of three ways; one resident under their id.

import { html, useState, useRef, useEffect, Page, Badge, Notice, ProblemNotice, asProblem, announce } from '../ui.js';
import { Field } from '../form.js';
import { t, said, age, date } from '../words.js';
import { call, onEnd } from '../api.js';
import { to } from '../router.js';
import Resident from './resident.js';
import '../texts/basis.js';
import '../texts/residents.js';

const NOTHING = { way: 'name', fields: {}, found: null };

/** What was last looked for and found, for whoever comes back from a resident. In memory only, until the sign-in ends. */
let last = NOTHING;
onEnd(() => { last = NOTHING; });

const WAYS = {
  name: ['birth_date', 'name'],
  coupon: ['coupon'],
  number: ['number'],
};

export default ({ route }) => (route[0] ? html`<${Resident} id=${route[0]} />` : html`<${Search} />`);

function Search() {
  const [way, setWay] = useState(last.way);
  const [fields, setFields] = useState(last.fields);
  const [found, setFound] = useState(last.found);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  /** Which search is the last one: what an earlier one found is not shown. */
  const turn = useRef(0);
  useEffect(() => {
    last = { way, fields, found };
  });
  const search = async (event) => {
    event.preventDefault();
    turn.current += 1;
    const mine = turn.current;
    setBusy(true);
    setProblem(null);
    try {
      const body = Object.fromEntries(WAYS[way].map((name) => [name, (fields[name] ?? '').trim()]));
      const { data } = await call('POST', '/residents/search', body);
      if (mine !== turn.current) return;
      setFound(data);
      announce(t('residents.found', { count: data.residents.length }));
    } catch (error) {
      if (mine !== turn.current) return;
      setFound(null);
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  const choose = (next) => {
    turn.current += 1;
    setBusy(false);
    setWay(next);
    setFound(null);
    setProblem(null);
  };
  const wrong = (name) => problem?.field === name && said(problem.detail ?? problem.words);
  const general = problem && !WAYS[way].includes(problem.field) ? problem : null;
  const input = (name, attributes) => html`
    <${Field} id=${`search-${name}`} label=${t(`residents.${name}`)} help=${t(`residents.${name}-help`)} error=${wrong(name)}>
      <input class="input" id=${`search-${name}`} value=${fields[name] ?? ''} required autocomplete="off" spellcheck=${false}
        aria-describedby=${`search-${name}-help${wrong(name) ? ` search-${name}-error` : ''}`} aria-invalid=${wrong(name) ? 'true' : null}
        onInput=${(event) => setFields({ ...fields, [name]: event.target.value })} ...${attributes} />
    <//>`;
  return html`
    <${Page} title=${t('residents.title')} lead=${t('residents.lead')}>
      <form class="card stack" onSubmit=${search} role="search">
        <fieldset class="choice"><legend class="visually-hidden">${t('residents.way')}</legend>
          ${Object.keys(WAYS).map((it) => html`<label key=${it}><input type="radio" name="way" checked=${it === way} onChange=${() => choose(it)} />${t(`residents.by-${it}`)}</label>`)}
        </fieldset>
        <div class="fields">
          ${way === 'name' && input('birth_date', { maxlength: 30 })}
          ${way === 'name' && input('name', { maxlength: 100 })}
          ${way === 'coupon' && input('coupon', { maxlength: 30, inputmode: 'numeric' })}
          ${way === 'number' && input('number', { maxlength: 40 })}
        </div>
        <${ProblemNotice} problem=${general} />
        <div><button class="button button-primary" type="submit" disabled=${busy}>${t('residents.search')}</button></div>
      </form>
      ${found && html`<${Found} found=${found} />`}
    <//>`;
}

function Found({ found }) {
  if (!found.residents.length) return html`<${Notice} kind="info">${t(found.generation ? 'residents.nobody' : 'residents.no-register')}<//>`;
  return html`
    <section class="stack" aria-labelledby="found-title">
      <h2 id="found-title">${t('residents.found', { count: found.residents.length })}</h2>
      ${found.more && html`<${Notice} kind="warning">${t('residents.more')}<//>`}
      <div class="table-box" tabindex="0" role="group" aria-labelledby="found-title"><table>
        <thead><tr><th scope="col">${t('residents.name')}</th><th scope="col">${t('residents.birth_date')}</th><th scope="col">${t('resident.sex')}</th><th scope="col">${t('residents.number')}</th><th scope="col">${t('residents.coupon')}</th></tr></thead>
        <tbody>${found.residents.map((it) => html`
          <tr key=${it.id}>
            <th scope="row" class="wrap"><a href=${to('residents', it.id)}><bdi>${it.name}</bdi></a>${it.kana && html`<bdi class="sub">${it.kana}</bdi>`}${it.removed && html`<${Badge}>${t('resident.removed')}<//>`}${it.protected && html`<${Badge} kind="doubt">${t('resident.protected')}<//>`}${it.protected === null && html`<${Badge}>${t('resident.protected-unknown')}<//>`}</th>
            <td class="nowrap">${date(it.birth_date)}<span class="sub">${t('resident.age', { age: age(it.birth_date) })}</span></td>
            <td>${t(`sex.${it.sex}`)}</td>
            <td class="mono wrap"><bdi>${it.number}</bdi></td>
            <td class="mono">${it.coupon ?? '—'}</td>
          </tr>`)}</tbody>
      </table></div>
    </section>`;
}
