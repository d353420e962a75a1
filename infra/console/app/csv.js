// Refused rows come as CSV, perhaps a hundred thousand of them. Records are found in one pass that lets the page breathe;
// a record becomes cells only when it is shown.

const BOM = '\ufeff';
const BREATH = 12; // ms of work between breaths

/** The text of an errors.csv: UTF-8 if it begins with a byte order mark, else CP932. */
export function decode(buffer) {
  const bytes = new Uint8Array(buffer);
  const utf8 = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return new TextDecoder(utf8 ? 'utf-8' : 'shift_jis').decode(bytes);
}

/** Where each record begins and ends, line ends left out. */
export async function records(text, signal) {
  const spans = [];
  let from = text.startsWith(BOM) ? 1 : 0;
  let quoted = false;
  let since = performance.now();
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 34) quoted = !quoted;
    else if (!quoted && (unit === 10 || unit === 13)) {
      if (at > from) spans.push([from, at]);
      from = at + 1;
      if ((spans.length & 255) === 0 && performance.now() - since > BREATH) {
        await new Promise((resolve) => setTimeout(resolve));
        if (signal?.aborted) return [];
        since = performance.now();
      }
    }
  }
  if (from < text.length) spans.push([from, text.length]);
  return spans;
}

/** The cells of one record. What stands behind a closing quote is kept as it stands. */
export function cells(record) {
  const found = [];
  let at = 0;
  for (;;) {
    let value = '';
    if (record[at] === '"') {
      for (at += 1; at < record.length; at += 1) {
        if (record[at] !== '"') value += record[at];
        else if (record[at + 1] === '"') {
          value += '"';
          at += 1;
        } else break;
      }
      at += 1;
    }
    const comma = record.indexOf(',', at);
    value += record.slice(at, comma < 0 ? undefined : comma);
    found.push(value);
    if (comma < 0) return found;
    at = comma + 1;
  }
}

export const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** A cell that no spreadsheet takes for a formula: for files that people open, never for those that are dropped again. */
export const harmless = (value) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);

/** A file that this system reads, whatever the machine is set to. */
export const write = (rows) => `${BOM}${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
