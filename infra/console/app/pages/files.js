// Files: drop, follow, history; one file under its id.

import { html, Page } from '../ui.js';
import { t } from '../words.js';
import { KINDS, mayDrop } from '../uploads.js';
import Drop from './drop.js';
import File from './file.js';
import History from './history.js';
import '../texts/files.js';

export default ({ route }) => (route[0] ? html`<${File} id=${route[0]} />` : html`<${Files} />`);

function Files() {
  const mine = KINDS.filter(mayDrop);
  return html`
    <${Page} title=${t('files.title')} lead=${t('files.lead')}>
      ${mine.length > 0 && html`<${Drop} kinds=${mine} />`}
      <${History} title=${t('files.history')} none=${t('files.none')} />
    <//>`;
}
