// How one message looks.
import { button, el, icon } from './dom';
import type { Bubble, Choice, Media } from './link';
import type { Words } from './words';

const web = /^https?:\/\//i;
const address = /https?:\/\/[^\s<>"'，。；！？、）】》”]+/gi;

const outside = (href: string, ...kids: (Node | string)[]): HTMLAnchorElement =>
  el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...kids);

// linked is a text whose addresses can be opened.
function linked(text: string): (Node | string)[] {
  const out: (Node | string)[] = [];
  let from = 0;
  for (const m of text.matchAll(address)) {
    const href = m[0].replace(/[.,;:!?)]+$/, '');
    out.push(text.slice(from, m.index), outside(href, href));
    from = m.index! + href.length;
  }
  out.push(text.slice(from));
  return out;
}

// medium shows pictures; everything else is a link. A picture that is not fetched safely is a link too.
function medium(m: Media, w: Words): Node {
  const name = m.name || (m.kind === 'image' ? w.$image : w.$file);
  if (!web.test(m.url)) return el('p', {}, name);
  if (m.kind !== 'image' || !/^https:/i.test(m.url)) return outside(m.url, name);
  const a = outside(m.url, el('img', { src: m.url, alt: name, loading: 'lazy', referrerpolicy: 'no-referrer' }));
  a.className = 'pic';
  return a;
}

const solved = /^(已?解决了?|有帮助|有用|solved|yes)$/i;
const unsolved = /^(没解决|没有解决|未解决|没帮助|没用|not solved|no)$/i;
const aside = /^(都不是|以上都不是|转?人工(客服)?|none of these|talk to a person|human|person)$/i;

// offer shows choices as buttons: questions as a list, below it what is short: 已解决 and 没解决 as a rating, and the ways out.
function offer(all: Choice[], w: Words, pick: (c: Choice, b: HTMLElement) => void): HTMLElement {
  const list = el('div', { class: 'list' }), ways = el('div', { class: 'ways' });
  for (const c of all) {
    if (c.url) {
      if (web.test(c.url)) list.append(outside(c.url, el('span', {}, c.label), icon('next')));
      continue;
    }
    const no = unsolved.test(c.label), rating = no || solved.test(c.label);
    const b = button(no ? 'no' : '', '', () => pick(c, b));
    if (rating) b.append(icon('yes'));
    b.append(el('span', {}, c.label));
    if (rating || aside.test(c.label)) ways.append(b);
    else {
      b.append(icon('next'));
      list.append(b);
    }
  }
  return el('div', { class: 'offer', role: 'group', 'aria-label': w.$choices }, list, ways);
}

export const clock = (at: string, lang: string): string => {
  const d = new Date(at), today = d.toDateString() === new Date().toDateString();
  return d.toLocaleString(lang, { ...(!today && { month: 'short', day: 'numeric' }), hour: '2-digit', minute: '2-digit', hour12: false });
};

// bubble is one message with its speaker. The speaker is read aloud for every message, and seen once for several.
export function bubble(b: Bubble, w: Words, lang: string, pick: (c: Choice, at: HTMLElement) => void): HTMLElement {
  const who = b.from === 'person' ? w.$me : b.from === 'seat' ? w.$seat : w.$bot;
  const text = b.from === 'person' && b.text === '人工' ? w.$humanLong : b.text;
  const name = el('div', { class: 'who' }, el('b', {}, who), el('time', { datetime: b.at }, clock(b.at, lang)));
  const body = el('div', { class: 'body' }, name);
  if (text) body.append(el('div', { class: 'text', dir: 'auto' }, ...linked(text)));
  for (const m of b.media) body.append(medium(m, w));
  if (b.choices[0]) body.append(offer(b.choices, w, pick));
  const face = el('div', { class: 'face' });
  if (b.from !== 'person') face.append(icon(b.from));
  return el('div', { class: 'msg ' + b.from }, face, body);
}
