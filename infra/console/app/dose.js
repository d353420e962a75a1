// What the pages know of doses: how one is written, compared and counted.

import { call } from './api.js';
import { date, t } from './words.js';

export const LISTS = ['review', 'conflict', 'waiting', 'locked'];
export const REASON_LIMIT = 200;
/** Letters that each field of a dose may have. */
export const LONGEST = { given_on: 30, product: 40, lot: 40, venue: 30, physician: 20 };

export const vaccine = ({ product }) => (product.maker && product.name ? `${product.maker}（${product.name}）` : product.maker ?? product.code);

export const maker = ({ product }) => product.maker ?? product.code;

/** What a dose says, line by line, as `[name, text]`. */
export const sayings = (dose) => [
  ['given_on', date(dose.given_on)],
  ['product', vaccine(dose)],
  ['lot', dose.lot],
  ['venue', dose.venue ?? ''],
  ['physician', dose.physician ?? ''],
  ['coupon', dose.coupon ?? ''],
];

export const numbered = (dose) => (dose.programme === 'COVID19' ? t('doses.number', { number: dose.number }) : `${dose.programme} ${t('doses.number', { number: dose.number })}`);

export const ifMatch = (revision) => ({ headers: { 'if-match': `"${revision}"` } });

/** The colour of a state. */
export const MARKS = { recorded: 'good', review: 'doubt', cancelled: 'plain', conflict: 'doubt' };

/** A whole list as one CSV file, page after page. */
export async function listAsCsv(list) {
  let text = '';
  for (let after = ''; ;) {
    const { data, headers } = await call('GET', `/doses?state=${list}&limit=100${after && `&after=${after}`}`, undefined, { text: 'text/csv' });
    // Each page is a file with a header of its own.
    text += text ? data.slice(data.indexOf('\n') + 1) : data;
    after = headers.get('link')?.match(/[?&]after=([^&>]+)/)?.[1];
    // What is read as text has lost the mark by which Excel knows UTF-8.
    if (!after) return `\ufeff${text}`;
  }
}
