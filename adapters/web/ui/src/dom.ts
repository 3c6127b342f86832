// Elements are made one by one and filled with text: nothing that somebody wrote ever becomes HTML.
type Props = Record<string, string | EventListener>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...kids: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (typeof v === 'string') e.setAttribute(k, v);
    else e.addEventListener(k, v);
  }
  e.append(...kids);
  return e;
}

// button is one with a name for those who cannot see what it shows; label "" leaves that to its text.
export function button(cls: string, label: string, click: () => void, ...kids: (Node | string)[]): HTMLButtonElement {
  return el('button', { class: cls, type: 'button', click, ...(label && { 'aria-label': label, title: label }) }, ...kids);
}

// on listens to several events, "name name".
export function on(target: EventTarget, names: string, hear: (e: never) => void): void {
  for (const n of names.split(' ')) target.addEventListener(n, hear as EventListener);
}

const paths: Record<string, string> = {
  bot: 'M12 2v3M7 5h10a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-4l-4 4v-4H7a3 3 0 0 1-3-3V8a3 3 0 0 1 3-3zM9 10.5v2M15 10.5v2',
  seat: 'M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v5H5a1 1 0 0 1-1-1zM20 14h-3v5h2a1 1 0 0 0 1-1zM19 19c0 2-3 2.5-6 2.5',
  send: 'M12 19V5M6 11l6-6 6 6',
  close: 'M6 6l12 12M18 6L6 18',
  chat: 'M5 5h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM8 10h8M8 13.5h5',
  yes: 'M7 11v9H4v-9zM7 11l4-8c1.5 0 2.5 1 2.5 2.5L13 9h5.5a2 2 0 0 1 2 2.4l-1.3 7a2 2 0 0 1-2 1.6H7',
  next: 'M9 6l6 6-6 6',
};

export function icon(name: string): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name]!);
  svg.append(path);
  return svg;
}
