/** The line to the service: events while the page is seen, and questions while there are none. */
import { connect } from './batch-events.js';
import { isInTrouble, ticket } from './api.js';

const ASK_MS = 5_000; // without a line
const CHECK_MS = 30_000; // with one: what no event tells
let line = null;
let asker = null;
let state = 'connecting';
let since = new Date();
let isPaused = false;
let lastAsked = Date.now();
let screen = { event() {}, refresh() {} };
const watchers = [];

/** The screen that is shown: event(e) gets each event, refresh() is called to read again. */
export function follow(next) {
  screen = { event() {}, refresh() {}, ...next };
  lastAsked = Date.now();
}

export const onState = (watcher) => watchers.push(watcher);

function change(next) {
  if (next === state) return;
  state = next;
  since = new Date();
  tell();
}

const tell = () => watchers.forEach((watcher) => watcher(isPaused ? 'paused' : state, since));

export function start() {
  open();
  asker ??= setInterval(ask, 1_000);
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : resume()));
  tell();
}

function open() {
  if (line || isPaused || document.hidden) return;
  line = connect({ ticket });
  let wasLost = false;
  line.on('state', (event) => {
    change(event.state);
    if (event.state === 'open' && wasLost) refresh();
    wasLost = event.state !== 'open';
  });
  line.on('resync', refresh);
  line.on('*', (event) => event.event?.startsWith('batch:') && screen.event(event));
}

function close() {
  line?.disconnect();
  line = null;
}

function resume() {
  open();
  if (!isPaused) refresh();
}

function ask() {
  const every = state === 'open' && !isInTrouble() ? CHECK_MS : ASK_MS;
  if (!isPaused && !document.hidden && Date.now() - lastAsked > every) refresh();
}

/** Reads again, now. */
export async function refresh() {
  lastAsked = Date.now();
  await screen.refresh();
  lastAsked = Date.now();
}

/** Stops the rows, or lets them go on. */
export function pause(value = !isPaused) {
  isPaused = value;
  if (isPaused) close();
  else resume();
  since = new Date();
  tell();
}
