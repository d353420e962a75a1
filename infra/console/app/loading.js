// What pages load, page after page, and how it stays true while they are open.

import { html, useState, useEffect, useRef, useCallback, asProblem, announce } from './ui.js';
import { t } from './words.js';

/**
 * Loads what `load(signal)` answers, again whenever `depends` changes. If it cannot be loaded anew, what is there stays beside the
 * problem, and with it what somebody typed or was answered. `reload` begins anew; `renew` does so, too, unless it is loading already.
 */
export function useLoaded(load, depends) {
  const [state, setState] = useState({ loading: true });
  const [again, setAgain] = useState(0);
  const loading = useRef(false);
  // Where something else is asked for, nothing stays.
  useEffect(() => {
    setState({ loading: true });
  }, depends);
  useEffect(() => {
    const stop = new AbortController();
    const end = (next) => {
      if (stop.signal.aborted) return;
      loading.current = false;
      setState(next);
    };
    loading.current = true;
    setState(({ data }) => ({ data, loading: true }));
    load(stop.signal).then((data) => end({ data }), (error) => end(({ data }) => ({ data, problem: asProblem(error) })));
    return () => stop.abort();
  }, [...depends, again]);
  const reload = useCallback(() => setAgain((count) => count + 1), []);
  const renew = useCallback(() => loading.current || reload(), []);
  return { ...state, reload, renew, set: (data) => setState({ data }) };
}

/**
 * A list that comes page after page: `ask(after)` answers `{ items, next }`, and with the first page whatever else belongs to the list,
 * which is `head` then. Nothing is in it twice. `renew` asks for the first page once more and keeps what was pushed off it; `reload`
 * begins anew.
 */
export function usePages(ask, keyOf = (it) => it.id) {
  const [list, setList] = useState(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const asking = useRef(false);
  const without = (items, others) => {
    const keys = new Set(others.map(keyOf));
    return items.filter((it) => !keys.has(keyOf(it)));
  };
  const joined = (before, { items, next, ...head }) => {
    const older = before ? without(before.items, items) : [];
    // Where none of them is known, there may be others between.
    const isGap = next && before && older.length === before.items.length;
    return { items: isGap ? items : [...items, ...older], next: !before || isGap ? next : before.next, first: items.length, head };
  };
  const trying = async (work) => {
    try {
      await work();
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const renew = () => trying(async () => {
    const found = await ask();
    setList((before) => joined(before, found));
  });
  const reload = () => trying(async () => setList(joined(null, await ask())));
  const more = async () => {
    if (asking.current) return;
    asking.current = true;
    setBusy(true);
    await trying(async () => {
      const { items, next } = await ask(list.next);
      setList((before) => ({ ...before, items: [...before.items, ...without(items, before.items)], next }));
      announce(t('files.more-shown', { count: items.length }));
    });
    asking.current = false;
    setBusy(false);
  };
  useEffect(() => { reload(); }, []);
  const change = (items) => setList((before) => ({ ...before, items: items(before?.items ?? []) }));
  return { isThere: Boolean(list), items: list?.items ?? [], first: list?.first ?? 0, head: list?.head, next: list?.next, busy, problem, renew, reload, more, change };
}

/** What shows the next page of a list. */
export const More = ({ pages: { next, busy, more } }) => next && html`<p><button class="button" type="button" disabled=${busy} onClick=${more}>${t('more')}</button></p>`;

/** The query of a page of so many. */
export const pageQuery = (limit, after) => `limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ''}`;

/** Draws anew whenever a listener that `listen` takes is told. */
export function useRedraw(listen) {
  const [, draw] = useState(0);
  useEffect(() => listen(() => draw((count) => count + 1)), []);
}

/**
 * Asks `ask` again and again, more and more seldom, until it says that it is done. Not while nobody looks. Answers what went wrong as long as
 * it does: what is shown is then no longer known to be so. A single failure is none, as the next try follows at once.
 */
export function usePolling(ask, on, depends) {
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    if (!on) return undefined;
    let timer;
    let pause = 400;
    let over = false;
    let failures = 0;
    const told = (error) => {
      failures = error ? failures + 1 : 0;
      if (!over) setProblem(failures > 1 ? asProblem(error) : null);
    };
    const step = async () => {
      if (over) return;
      let done = false;
      if (!document.hidden) {
        try {
          done = await ask();
          told(null);
        } catch (error) {
          told(error);
        }
      }
      pause = Math.min(pause * 1.4, 5000);
      if (!done && !over) timer = setTimeout(step, pause);
    };
    timer = setTimeout(step, pause);
    return () => {
      over = true;
      clearTimeout(timer);
      setProblem(null);
    };
  }, [on, ...depends]);
  return problem;
}

/** Does something every so often. Not while nobody looks. */
export function useEvery(pause, work) {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || work(), pause);
    return () => clearInterval(timer);
  }, []);
}
