// The storage behind signed links: files go there and come from there past the API. Nobody needs it in the first view.

import { useState, asProblem, save } from './ui.js';
import { gatewayProblem, Problem } from './api.js';

/** What storage says, which says why by its status only: it refuses a link that is too old, and has its files for some weeks only. */
function storageProblem(status) {
  if (status === 403) return new Problem(status, 'LINK_EXPIRED', 'problem.link');
  if (status === 404) return new Problem(status, 'GONE', 'problem.gone');
  return status === 500 ? new Problem(status, 'GATEWAY', 'problem.busy') : gatewayProblem(status);
}

/** Puts a file at a signed link; `onProgress` hears the share that is sent. Answers the object's version. */
export function put(ticket, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(ticket.method, ticket.url);
    for (const [name, value] of Object.entries(ticket.headers)) {
      if (name.toLowerCase() !== 'host') request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.getResponseHeader('x-amz-version-id'));
      else reject(storageProblem(request.status));
    };
    request.onerror = () => reject(new Problem(0, 'OFFLINE', 'problem.offline'));
    request.send(file);
  });
}

/** The bytes behind a signed link. The API gives no link to what is gone. */
export async function fetchLink(link, signal) {
  if (!link) throw storageProblem(404);
  let response;
  let bytes;
  try {
    response = await fetch(link.url, { signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' });
    bytes = await response.arrayBuffer();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'OFFLINE', 'problem.offline');
  }
  if (!response.ok) throw storageProblem(response.status);
  return bytes;
}

/** Saves files that links lead to. A link is good for five minutes: `ask` answers one that was just made. `saving` answers whether it is saved. */
export function useSaving() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const saving = async (ask, name, type) => {
    setBusy(true);
    setProblem(null);
    let failed = null;
    try {
      save(await fetchLink(await ask()), name, type);
    } catch (error) {
      failed = asProblem(error);
    }
    setProblem(failed);
    setBusy(false);
    return !failed;
  };
  return { busy, problem, saving };
}
