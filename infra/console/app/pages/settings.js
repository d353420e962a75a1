// The municipality's settings: its columns, how files come and go, lots that were delivered.

import { html, Page, Waiting, ProblemNotice } from '../ui.js';
import { useLoaded } from '../loading.js';
import { t } from '../words.js';
import { call } from '../api.js';
import { to } from '../router.js';
import { ifMatch } from '../dose.js';
import Columns from './mapping.js';
import General from './general.js';
import Lots from './lots.js';
import '../texts/settings.js';

const PARTS = { columns: Columns, general: General, lots: Lots };

const read = async (signal) => (await call('GET', '/settings', undefined, { signal })).data;

export default function Settings({ route: [named] }) {
  const { data: settings, problem, set } = useLoaded(read, []);
  const part = named in PARTS ? named : 'columns';
  const Part = PARTS[part];
  /** What a change does not name stays. Somebody else's change in between refuses it, and is shown; saved again, it is put on top. */
  const save = async (change) => {
    try {
      set((await call('PUT', '/settings', change, ifMatch(settings.revision))).data);
    } catch (error) {
      if (error.code === 'REVISION_STALE') set(await read());
      throw error;
    }
  };
  return html`
    <${Page} title=${t('settings.title')} lead=${t(`settings.${part}-more`)}>
      <nav class="tabs" aria-label=${t('settings.title')}>
        ${Object.keys(PARTS).map((it) => html`<a key=${it} href=${to('settings', it)} aria-current=${it === part ? 'true' : null}>${t(`settings.${it}`)}</a>`)}
      </nav>
      <${ProblemNotice} problem=${problem} />
      ${!settings && !problem && html`<${Waiting} />`}
      ${settings && html`<${Part} settings=${settings} onSave=${save} />`}
    <//>`;
}
