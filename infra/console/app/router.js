// Pages live behind the hash. It holds ids that say nothing outside, never what a person is called or numbered.

import { useState, useEffect } from '../vendor/preact.js';

const parse = () => location.hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(safely);

function safely(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The parts of the hash: `#/files/abc` is `['files', 'abc']`. */
export function useRoute() {
  const [route, setRoute] = useState(parse);
  useEffect(() => {
    const moved = () => setRoute(parse());
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return route;
}

export const to = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`;
export const go = (...parts) => location.assign(to(...parts));
