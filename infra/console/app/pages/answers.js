// The answers to a file of inquiries, to be saved.

import { html, ProblemNotice, announce } from '../ui.js';
import { t } from '../words.js';
import { useSaving } from '../storage.js';
import { freshLink } from '../uploads.js';

export default function Answers({ upload }) {
  const { busy, problem, saving } = useSaving();
  const fetch = async () => {
    const saved = await saving(() => freshLink(upload.id, 'answers'), upload.file.replace(/(\.csv)?$/i, '_answers.csv'));
    if (saved) announce(t('answers.saved'));
  };
  return html`
    <section class="card stack" aria-labelledby="answers-title">
      <h2 id="answers-title">${t('answers.title')}</h2>
      <p>${t('answers.what')}</p>
      <${ProblemNotice} problem=${problem} />
      <div><button class="button button-primary" type="button" disabled=${busy} onClick=${fetch}>${t('answers.save')}</button></div>
    </section>`;
}
