// The line to the server: a stream that goes on where it was, and an outbox that sends each message until it is accepted, once.
import { on } from './dom';

export interface Choice { id: string; label: string; url?: string }
export interface Media { kind: string; url: string; name?: string; mime?: string }
export interface Bubble { id: string; from: string; text: string; choices: Choice[]; media: Media[]; at: string }
export interface State { peer: string; seat: boolean; ready?: boolean; reset?: boolean; elsewhere?: boolean }
export interface Outgoing { id: string; text?: string; choice?: string; label: string }

export interface Ears {
  $state(s: State): void;
  $bubble(b: Bubble): void;
  $typing(): void;
  $line(up: boolean, elsewhere: boolean): void;
  $sent(id: string, how: 'accepted' | 'waiting' | 'refused'): void;
}

const stalled = 50_000; // ms without a heartbeat

export const freshID = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(36)).join('');

// Storage may be switched off.
const keep = (s: () => Storage, key: string, value?: string): string => {
  try {
    if (value === undefined) return s().getItem(key) ?? '';
    s().setItem(key, value);
  } catch { /* then it lasts as long as the page */ }
  return '';
};

export interface Link {
  $pending(): Outgoing[];
  $retry(): void; // tries again at once what waits
  $send(m: Outgoing): void;
}

// connect opens the line and keeps it. bare: there are no cookies, as in a frame of another site, so that we show a token.
export function connect(ears: Ears, query: string, bare: boolean): Link {
  const store = 'xianda ' + location.pathname, opening = freshID();
  let last = '', token = bare ? keep(() => localStorage, store) : '', outbox: Outgoing[] = [], sending = false, up = false, tries = 0;
  let ending: AbortController | undefined, wake: (() => void) | undefined;
  try {
    outbox = JSON.parse(keep(() => sessionStorage, store) || '[]') as Outgoing[];
  } catch { /* somebody else's */ }

  const retry = (): void => wake?.();
  const cut = (): void => ending?.abort();
  on(window, 'online focus pageshow', retry);
  on(window, 'offline pagehide', cut);
  on(document, 'visibilitychange', () => { if (!document.hidden) retry(); });

  const save = (): void => { keep(() => sessionStorage, store, JSON.stringify(outbox)); };
  const known = (): Record<string, string> => (token ? { Authorization: 'Bearer ' + token } : {});

  async function session(): Promise<void> {
    if (!bare || token) return;
    const res = await fetch('session', { method: 'POST' });
    if (!res.ok) throw 0;
    token = ((await res.json()) as { token: string }).token;
    keep(() => localStorage, store, token);
  }

  async function run(): Promise<never> {
    for (;;) {
      let elsewhere = false;
      try {
        elsewhere = await listen();
      } catch { /* the line is down, or was cut */ }
      ears.$line(false, elsewhere);
      const pause = Math.min(15_000, 500 * 2 ** tries++) * (0.5 + Math.random());
      await new Promise<void>((go) => {
        wake = go;
        if (!elsewhere) setTimeout(go, pause);
      });
    }
  }

  // listen reads one stream to its end. true: the person went on in another window.
  async function listen(): Promise<boolean> {
    const mine = ending = new AbortController();
    const watch = (): ReturnType<typeof setTimeout> => setTimeout(() => mine.abort(), stalled);
    let alarm = watch();
    try {
      await session();
      const res = await fetch('stream?open=' + opening + query, {
        headers: { ...known(), ...(last && { 'Last-Event-ID': last }) }, signal: mine.signal, cache: 'no-store',
      });
      if (res.status === 401) token = last = '';
      if (!res.ok || !res.body) throw 0;
      const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '', elsewhere = false;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return elsewhere;
        clearTimeout(alarm);
        alarm = watch();
        const parts = (text + value).split('\n\n');
        text = parts.pop()!;
        for (const part of parts) elsewhere = event(part) || elsewhere;
      }
    } finally {
      up = false;
      clearTimeout(alarm);
    }
  }

  // event reads one event. true: it says that the stream ends for another window's sake.
  function event(text: string): boolean {
    const field = (name: string): string => new RegExp('^' + name + ': (.*)$', 'm').exec(text)?.[1] ?? '';
    const name = field('event'), data = field('data');
    last = field('id') || last;
    if (!data) return false;
    const value: unknown = JSON.parse(data);
    if (name === 'typing') ears.$typing();
    else if (name !== 'state') ears.$bubble(value as Bubble);
    else {
      const s = value as State;
      ears.$state(s);
      if (s.ready) {
        tries = 0;
        up = true;
        ears.$line(true, false);
        void flush();
      }
      return !!s.elsewhere;
    }
    return false;
  }

  // flush sends the outbox in order, each message until it is accepted, or refused for good. Nothing goes before a stream is ready:
  // only that tells who we are, and two who ask would be two people.
  async function flush(): Promise<void> {
    if (sending) return;
    sending = true;
    for (let pause = 1000; up && outbox[0]; ) {
      const { id, text, choice } = outbox[0];
      let status = 0;
      try {
        const body = JSON.stringify({ id, text, choice });
        status = (await fetch('messages', {
          method: 'POST', headers: { ...known(), 'Content-Type': 'application/json' }, body, keepalive: body.length < 9000, // browsers keep 64 KB alive at most
        })).status;
      } catch { /* no line */ }
      if (status === 202 || status === 400 || status === 413) {
        outbox.shift();
        save();
        pause = 1000;
        ears.$sent(id, status === 202 ? 'accepted' : 'refused');
        continue;
      }
      if (status === 401) { // who we are is not known any more: opening the stream makes us somebody
        token = last = '';
        up = false;
        cut();
        retry();
      }
      ears.$sent(id, 'waiting');
      await new Promise((go) => setTimeout(go, pause));
      pause = Math.min(8000, pause * 2);
    }
    sending = false;
    if (tries && outbox[0]) ears.$sent(outbox[0].id, 'waiting');
  }

  void run();
  return {
    $pending: () => outbox,
    $retry: retry,
    $send(m) {
      outbox.push(m);
      save();
      retry();
      void flush();
    },
  };
}
