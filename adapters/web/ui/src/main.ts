// One script for two places: on our own page it is the conversation, on any other page it puts the launcher there.
import { launch } from './launcher';
import { converse } from './page';

const me = document.currentScript as HTMLScriptElement | null;
if (me) {
  const start = (): void => (me.dataset.page === undefined ? launch(me) : converse(me.dataset.page, me.dataset.colour ?? ''));
  if (document.body) start();
  else document.addEventListener('DOMContentLoaded', start);
}
