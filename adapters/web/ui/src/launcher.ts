// The launcher on pages of others: a button and a frame of our page. The frame keeps both sides apart: their styles and scripts do not
// reach the conversation, and it does not reach their page.
import { palette } from './colour';
import { button, el, icon, on } from './dom';
import { language, words } from './words';

const style = `:host{all:initial;--e:max(20px,env(safe-area-inset-right));--d:max(20px,env(safe-area-inset-bottom))}
.b,.p{position:fixed;z-index:2147483000;right:var(--e);bottom:var(--d);padding:0;border:0;box-shadow:0 8px 32px rgba(15,23,42,.28)}
.b{width:56px;height:56px;border-radius:50%;background:var(--f);color:var(--o);cursor:pointer}
.b:hover{filter:brightness(1.08)}.b:focus-visible{outline:3px solid var(--f);outline-offset:3px}
svg{width:28px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;vertical-align:middle}
.n{position:absolute;top:-4px;right:-4px;min-width:20px;border-radius:10px;background:#c62828;color:#fff;font:600 12px/20px system-ui}
.p{bottom:calc(var(--d) + 68px);width:392px;height:min(640px,100vh - 120px);border-radius:16px;overflow:hidden;background:#fff}
iframe{display:block;width:100%;height:100%;border:0}.p a{display:block;padding:24px;font:16px system-ui;color:#124}
[hidden]{display:none!important}.left>*{right:auto;left:20px}
@media(max-width:480px){.p{inset:0;width:auto;height:auto;border-radius:0}.on .b{display:none}}`;

export function launch(me: HTMLScriptElement): void {
  const base = new URL('.', me.src), w = words(language(me.dataset.lang));
  const colours = palette(me.dataset.colour ?? '', '#ffffff');
  const host = el('div'), root = host.attachShadow({ mode: 'closed' }), sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  host.style.setProperty('--f', colours.fill);
  host.style.setProperty('--o', colours.on);

  const badge = el('span', { class: 'n', hidden: '' });
  const opener = button('b', w.$open, () => show(!!panel.hidden), icon('chat'), badge);
  opener.setAttribute('aria-expanded', 'false');
  const panel = el('div', { class: 'p', role: 'dialog', 'aria-label': me.dataset.title ?? w.$log, hidden: '' });
  const wrap = el('div', { class: me.dataset.side === 'left' ? 'left' : '' }, panel, opener);
  let frame: HTMLIFrameElement | undefined, ready = false;

  const tell = (): void => frame?.contentWindow?.postMessage({ xianda: panel.hidden ? 'hidden' : 'shown' }, base.origin);

  function load(): void {
    const page = new URL(base);
    for (const key of ['scene', 'lang']) {
      const value = me.dataset[key];
      if (value) page.searchParams.set(key, value);
    }
    frame = el('iframe', { src: page.href, title: me.dataset.title ?? w.$log });
    panel.append(frame);
    // Where the frame is refused (origins) there is still a way to us.
    setTimeout(() => {
      if (!ready) panel.replaceChildren(el('a', { href: page.href, target: '_blank', rel: 'noopener' }, w.$newWindow));
    }, 8000);
  }

  function show(yes: boolean): void {
    panel.hidden = !yes;
    wrap.classList.toggle('on', yes);
    opener.setAttribute('aria-expanded', String(yes));
    opener.setAttribute('aria-label', yes ? w.$close : w.$open);
    if (yes && !frame) load();
    if (!yes) opener.focus();
    tell();
  }

  on(window, 'message', (e: MessageEvent) => {
    if (!frame || e.source !== frame.contentWindow || e.origin !== base.origin) return;
    const { xianda, n, peer } = (e.data ?? {}) as { xianda?: string; n?: number; peer?: string };
    if (xianda === 'ready') {
      ready = true;
      tell();
    }
    // With it the page's backend can tell of this person's operations: POST /v1/events.
    if (xianda === 'person') document.dispatchEvent(new CustomEvent('xianda', { detail: { peer } }));
    if (xianda === 'close') show(false);
    if (xianda === 'unread') {
      badge.hidden = !n;
      badge.textContent = n ? String(Math.min(n, 99)) : '';
    }
  });
  on(wrap, 'keydown', (e: KeyboardEvent) => { if (e.key === 'Escape' && !panel.hidden) show(false); });
  root.append(wrap);
  document.body.append(host);
}
