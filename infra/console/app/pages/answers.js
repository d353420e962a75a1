// The answers to a file of inquiries, to be saved.

import { html, useState, ProblemNotice, asProblem, announce, save } from '../ui.js';
import { t } from '../words.js';
import { call } from '../api.js';
import { fetchLink } from '../storage.js';

export default function Answers({ upload }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  /** A link is good for five minutes; it is asked for anew when somebody follows it. */
  const fetch = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { data } = await call('GET', `/uploads/${encodeURIComponent(upload.id)}`);
      save(await fetchLink(data.links.answers), upload.file.replace(/(\.csv)?$/i, '_answers.csv'));
      announce(t('answers.saved'));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  return html`
    <section class="card stack" aria-labelledby="answers-title">
      <h2 id="answers-title">${t('answers.title')}</h2>
      <p>${t('answers.what')}</p>
      <${ProblemNotice} problem=${problem} />
      <div><button class="button button-primary" type="button" disabled=${busy} onClick=${fetch}>${t('answers.save')}</button></div>
    </section>`;
}
