// Presets: made, changed, removed, and carried from day to day in a file of one's own.

import { html, useState, useLayoutEffect, useRef, Ask, Page, Notice, announce, save } from '../ui.js';
import { TextField } from '../form.js';
import { useRedraw } from '../loading.js';
import { t, number } from '../words.js';
import { desk, dropPreset, Fault, keepPreset, loadPresets, OF_PRESET, onDesk, presetsAsFile } from '../desk.js';
import { LONGEST } from '../dose.js';
import { to } from '../router.js';
import { VACCINES } from '../vaccines.js';

export default function Presets() {
  useRedraw(onDesk);
  const [changed, setChanged] = useState(null);
  const [removed, setRemoved] = useState(null);
  const [told, setTold] = useState(null);
  const input = useRef();
  const load = async ([file]) => {
    try {
      const count = await loadPresets(file);
      setTold({ count });
      announce(t('preset.loaded', { count: number(count) }));
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      setTold({ fault });
    }
  };
  const write = () => {
    setTold(null);
    save(presetsAsFile(), 'presets.json', 'application/json');
  };
  return html`
    <${Page} title=${t('preset.title')} lead=${t('preset.lead')} back=${{ href: to('doses'), text: t('doses.title') }}>
      <section class="stack" aria-labelledby="presets-title">
        <h2 id="presets-title">${t('preset.list')}</h2>
        <p class="help">${t('preset.memory')}</p>
        ${told && (told.fault ? html`<${Notice} kind="error" role="alert" title=${t('preset.not-loaded')}>${faultText(told.fault)}<//>` : html`<${Notice} kind="good" role="status" title=${t('preset.loaded', { count: number(told.count) })} />`)}
        <div class="row">
          <input ref=${input} hidden id="presets-file" type="file" accept=".json,application/json" onChange=${(event) => { load([...event.target.files]); event.target.value = ''; }} />
          <button class="button" type="button" onClick=${() => input.current.click()}>${t('preset.load')}</button>
          <button class="button" type="button" aria-disabled=${!desk.presets.length} onClick=${() => desk.presets.length && write()}>${t('preset.write')}</button>
          ${desk.unsaved && html`<span class="help">${t('preset.unsaved')}</span>`}
        </div>
        ${!desk.presets.length ? html`<p class="card empty">${t('preset.none')}</p>` : html`
          <div class="table-box" tabindex="0" role="group" aria-labelledby="presets-title"><table>
            <thead><tr><th scope="col" class="number">${t('preset.key')}</th><th scope="col">${t('preset.name')}</th>${OF_PRESET.map((name) => html`<th key=${name} scope="col">${t(`shared.${name}`)}</th>`)}<th scope="col"><span class="visually-hidden">${t('preset.change')}</span></th></tr></thead>
            <tbody>${desk.presets.map((it, at) => html`
              <tr key=${it.name}>
                <td class="number">${at < 9 ? html`<kbd>Alt+${at + 1}</kbd>` : '—'}</td>
                <th scope="row" class="wrap"><bdi>${it.name}</bdi></th>
                ${OF_PRESET.map((name) => html`<td key=${name} class="wrap"><bdi>${it[name] || '—'}</bdi></td>`)}
                <td><div class="row row-close"><button class="button button-small" type="button" aria-label=${t('preset.change-of', it)} onClick=${() => setChanged(it)}>${t('preset.change')}</button><button class="button button-small button-danger" type="button" aria-label=${t('preset.remove-of', it)} onClick=${() => setRemoved(it)}>${t('preset.remove')}</button></div></td>
              </tr>`)}</tbody>
          </table></div>`}
      </section>
      <${Preset} key=${changed?.name ?? ''} preset=${changed} onDone=${() => setChanged(null)} />
      ${removed && html`<${Ask} title=${t('preset.remove-title', removed)} yes=${t('preset.remove')} kind="danger" onNo=${() => setRemoved(null)}
        onYes=${() => { dropPreset(removed); if (changed === removed) setChanged(null); setRemoved(null); }}><p>${t('preset.remove-more')}</p><//>`}
    <//>`;
}

const faultText = ({ what, values, number: at }) => {
  const text = t(`preset.fault.${what}`, { ...values, field: values?.name && t(values.name === 'name' ? 'preset.name' : `shared.${values.name}`) });
  return at ? t('preset.fault.at', { number: at, text }) : text;
};

/** A new preset, of what stands at the desk now, or one that is changed. */
function Preset({ preset, onDone }) {
  const [fields, setFields] = useState(preset ?? { name: '', ...Object.fromEntries(OF_PRESET.map((name) => [name, desk.shared[name] ?? ''])) });
  const [fault, setFault] = useState(null);
  useLayoutEffect(() => {
    if (preset) document.getElementById('preset-name').focus();
  }, []);
  const keep = (event) => {
    event.preventDefault();
    setFault(null);
    try {
      keepPreset(fields, preset);
      announce(t('preset.kept', { name: fields.name }));
      setFields({ ...fields, name: '' });
      onDone();
    } catch (found) {
      if (!(found instanceof Fault)) throw found;
      setFault(found);
    }
  };
  return html`
    <form class="card stack" onSubmit=${keep} aria-labelledby="preset-title">
      <h2 id="preset-title">${preset ? t('preset.change-of', preset) : t('preset.new')}</h2>
      <div class="fields fields-two">
        <${TextField} id="preset-name" label=${t('preset.name')} help=${t('preset.name-help')} maxlength="40" value=${fields.name} onValue=${(name) => setFields({ ...fields, name })} error=${fault?.what === 'taken' && faultText(fault)} />
        ${OF_PRESET.map((name) => html`<${TextField} key=${name} id=${`preset-${name}`} label=${t(`shared.${name}`)} optional maxlength=${LONGEST[name]} list=${name === 'product' ? 'vaccines' : null} value=${fields[name]} onValue=${(value) => setFields({ ...fields, [name]: value })} />`)}
      </div>
      <datalist id="vaccines">${VACCINES.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
      ${fault && fault.what !== 'taken' && html`<${Notice} kind="error" role="alert">${faultText(fault)}<//>`}
      <div class="row"><button class="button button-primary" type="submit">${t(preset ? 'preset.save' : 'preset.add')}</button>${preset && html`<button class="button" type="button" onClick=${onDone}>${t('cancel')}</button>`}</div>
    </form>`;
}
