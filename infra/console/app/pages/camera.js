// The camera as a scanner.

import { html, useEffect, useRef, useState, Notice } from '../ui.js';
import { t } from '../words.js';
import { watch } from '../camera.js';

export default function Camera({ onCode }) {
  const video = useRef();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    watch(video.current, stop.signal, onCode).catch(() => setFailed(true));
    return () => stop.abort();
  }, []);
  if (failed) return html`<${Notice} kind="error" role="alert">${t('camera.failed')}<//>`;
  return html`<div class="camera"><video ref=${video} muted playsinline aria-label=${t('camera.picture')}></video><p class="help">${t('camera.help')}</p></div>`;
}
