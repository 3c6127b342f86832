// The conversation: a log, a composer, and what tells how the line is.
import { bubble, clock } from './bubble';
import { palette } from './colour';
import { button, el, icon, on } from './dom';
import { connect, freshID, type Bubble, type Choice, type Outgoing, type State } from './link';
import { language, words } from './words';

const quietFor = 1_800_000; // ms between two messages after which a line parts them

export function converse(title: string, colour: string): void {
  const asked = new URLSearchParams(location.search), lang = language(asked.get('lang')), w = words(lang);
  const framed = parent !== window;
  const root = document.documentElement;
  root.lang = lang;
  root.classList.toggle('framed', framed);
  document.title = title;

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const paint = (): void => {
    for (const [k, v] of Object.entries(palette(colour, dark.matches ? '#222935' : '#ffffff'))) root.style.setProperty('--' + k, v);
  };
  paint();
  on(dark, 'change', paint);

  const about = el('p', { id: 'about' }, w.$connecting);
  const face = el('div', { class: 'face' }, icon('bot'));
  const log = el('div', { class: 'log', role: 'log', 'aria-label': w.$log, 'aria-busy': 'true', tabindex: '0' });
  const typing = el('div', { class: 'msg bot typing', hidden: '' },
    el('div', { class: 'face' }, icon('bot')),
    el('div', { class: 'body' }, el('div', { class: 'text', role: 'img', 'aria-label': w.$bot + w.$typing }, el('i'), el('i'), el('i'))));
  const below = button('below', '', () => bottom(), icon('send'), w.$below);
  below.hidden = true;
  const scroller = el('div', { class: 'scroll' }, log, typing);
  const again = button('', '', () => link.$retry());
  const notice = el('div', { class: 'notice', role: 'status', hidden: '' }, el('span'), again);
  const write = el('textarea', { rows: '1', 'aria-label': w.$write, placeholder: w.$write, enterkeyhint: 'send', autocomplete: 'off' });
  const send = button('send', w.$send, () => form.requestSubmit(), icon('send'));
  const human = button('human', w.$humanLong, () => say('人工'), icon('seat'), el('span', {}, w.$human));
  const form = el('form', { submit: (e) => { e.preventDefault(); if (say(write.value)) { write.value = ''; grow(); } write.focus(); } }, human, write, send);
  const head = el('header', {}, face, el('div', {}, el('h1', {}, title), about));
  if (framed) head.append(button('close', w.$close, () => tell({ xianda: 'close' }), icon('close')));
  document.body.append(el('main', {}, head, el('div', { class: 'middle' }, scroller, below), notice, form));

  const shown = new Map<string, HTMLElement>(); // by id
  let seat = false, up = false, live = false, unread = 0, away = framed, before = 0, shy: ReturnType<typeof setTimeout> | undefined;

  // The launcher's page is not known here; what it is told is no secret.
  function tell(m: object): void { parent.postMessage(m, '*'); }

  function nearBottom(): boolean { return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120; }
  // bottom shows what is newest; of a message that is higher than the screen, its beginning.
  function bottom(of?: HTMLElement): void {
    scroller.scrollTop = scroller.scrollHeight;
    if (of && of.offsetHeight > scroller.clientHeight) of.scrollIntoView();
    below.hidden = true;
  }

  function say(text: string, choice?: Choice): boolean {
    if (!text.trim()) return false;
    const m: Outgoing = choice ? { id: freshID(), choice: choice.id, label: text } : { id: freshID(), text, label: text };
    draft(m);
    link.$send(m);
    read();
    log.querySelector('.fresh')?.remove();
    bottom();
    if (!seat) dots(600, 3000);
    return true;
  }

  function pick(c: Choice, at: HTMLElement): void {
    for (const b of at.closest('.offer')!.querySelectorAll('button')) b.classList.toggle('picked', b === at);
    say(c.label, c);
  }

  // draft shows the person's own words before the server has them.
  function draft(m: Outgoing): void {
    const node = bubble({ id: m.id, from: 'person', text: m.label, choices: [], media: [], at: new Date().toISOString() }, w, lang, pick);
    node.classList.add('draft', 'waits');
    shown.set(m.id, node);
    log.append(node);
  }

  function sent(id: string, how: string): void {
    const node = shown.get(id);
    if (!node) return;
    if (how === 'accepted') node.classList.remove('waits', 'late');
    else node.classList.add('late');
    if (how === 'refused') { // too long, say: it comes back to be changed
      node.classList.remove('waits');
      write.value ||= node.querySelector('.text')!.textContent!;
      grow();
    }
    let note = node.querySelector<HTMLElement>('.note');
    if (how === 'accepted') note?.remove();
    else if (!note) {
      note = how === 'refused' ? el('p', { class: 'note' }, w.$refused) : button('note', '', () => link.$retry(), w.$failed);
      node.lastElementChild!.append(note);
    }
    if (how !== 'accepted') typing.hidden = true;
  }

  function add(b: Bubble): void {
    const own = b.from === 'person', old = shown.get(b.id);
    if (old && !own) return; // shown once
    const stay = nearBottom();
    if (!own) {
      typing.hidden = true;
      clearTimeout(shy);
      if (b.choices[0]) log.querySelectorAll('.offer').forEach((o) => o.classList.add('old'));
    }
    const at = +new Date(b.at), place = old ?? log.querySelector('.draft');
    const put = (n: Node): void => { log.insertBefore(n, place); };
    if (before && at - before > quietFor) put(el('div', { class: 'line' }, el('time', { datetime: b.at }, clock(b.at, lang))));
    before = at;
    if (live && !own && unseen()) {
      if (!unread++) { log.querySelector('.fresh')?.remove(); put(el('div', { class: 'line fresh' }, w.$fresh)); }
      mark();
    }
    const node = bubble(b, w, lang, pick);
    put(node);
    if (old) { // our own words are kept now: this is their place
      node.classList.toggle('waits', old.classList.contains('waits'));
      old.remove();
    }
    const last = node.previousElementSibling;
    node.classList.toggle('more', !!last && last.className.split(' ')[1] === b.from);
    shown.set(b.id, node);
    node.querySelectorAll('img').forEach((i) => on(i, 'load', () => { if (stay) bottom(); }));
    if (stay || own || !live) bottom(node);
    else below.hidden = false;
  }

  function state(s: State): void {
    if (root.dataset.peer !== s.peer) {
      root.dataset.peer = s.peer;
      if (framed) tell({ xianda: 'person', peer: s.peer });
    }
    if (s.reset) {
      log.replaceChildren();
      shown.clear();
      before = 0;
      live = false;
      for (const m of link.$pending()) draft(m);
    }
    if (s.seat !== seat) {
      seat = s.seat;
      const node = el('div', { class: 'line' }, seat ? w.$seatCame : w.$seatLeft);
      log.insertBefore(node, log.querySelector('.draft'));
      describe();
    }
    if (s.ready) {
      if (!live) bottom();
      live = true;
      log.setAttribute('aria-busy', 'false');
    }
  }

  function describe(): void { about.textContent = !up ? w.$connecting : seat ? w.$aboutSeat : w.$about; }

  function line(now: boolean, elsewhere: boolean): void {
    notice.hidden = up = now;
    notice.firstElementChild!.textContent = elsewhere ? w.$elsewhere : w.$lost;
    again.textContent = elsewhere ? w.$here : w.$again;
    describe();
    root.classList.toggle('up', up);
    if (nearBottom()) bottom();
  }

  // dots show that an answer is being written, after a while and not for ever.
  function dots(after = 0, long = 12_000): void {
    clearTimeout(shy);
    shy = setTimeout(() => {
      typing.className = 'msg typing ' + (seat ? 'seat' : 'bot');
      typing.hidden = false;
      if (nearBottom()) bottom();
      shy = setTimeout(() => { typing.hidden = true; }, long);
    }, after);
  }

  const unseen = (): boolean => document.hidden || framed && away;
  function mark(): void {
    document.title = (unread ? `(${unread}) ` : '') + title;
    if (framed) tell({ xianda: 'unread', n: unread });
  }
  function read(): void {
    if (!unread || unseen()) return;
    unread = 0;
    mark();
  }
  on(document, 'visibilitychange', read);

  function grow(): void {
    write.style.setProperty('height', 'auto');
    write.style.setProperty('height', Math.min(write.scrollHeight + 2, 140) + 'px');
  }
  on(write, 'input', grow);
  // Enter that ends the choosing of characters does not send: browsers say so by isComposing, old Safari by the code 229. Keyboards of
  // phones may tell of the line only.
  let shift = false;
  const enter = (e: Event): void => {
    e.preventDefault();
    form.requestSubmit();
  };
  on(write, 'keydown', (e: KeyboardEvent) => {
    shift = e.shiftKey;
    if (e.key === 'Enter' && !shift && !e.isComposing && e.keyCode !== 229) enter(e);
  });
  on(write, 'beforeinput', (e: InputEvent) => { if (e.inputType === 'insertLineBreak' && !shift && !e.isComposing) enter(e); });
  on(scroller, 'scroll', () => { if (nearBottom()) below.hidden = true; });
  on(window, 'resize', () => { if (live && below.hidden) bottom(); });
  if (framed) {
    on(window, 'keydown', (e: KeyboardEvent) => { if (e.key === 'Escape' && !e.isComposing) tell({ xianda: 'close' }); });
    on(window, 'message', (e: MessageEvent) => {
      const what = (e.data as { xianda?: string } | null)?.xianda;
      if (e.source !== parent || what !== 'shown' && what !== 'hidden') return;
      away = what === 'hidden';
      if (!away) { read(); bottom(); write.focus(); }
    });
    tell({ xianda: 'ready' });
  } else if (!matchMedia('(pointer: coarse)').matches) write.focus();

  const link = connect({ $state: state, $bubble: add, $typing: dots, $line: line, $sent: sent }, query(asked, lang), framed || !navigator.cookieEnabled);
  for (const m of link.$pending()) draft(m);
}

function query(asked: URLSearchParams, lang: string): string {
  const q = new URLSearchParams({ lang });
  const scene = asked.get('scene');
  if (scene) q.set('scene', scene);
  return '&' + q;
}
