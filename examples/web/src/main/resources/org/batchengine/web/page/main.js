/** The frame of the page: header, routes, keys. */
import { me, may, onTrouble, takeToken } from './api.js';
import { button, el, heading, link, say, show } from './dom.js';
import { help, signIn } from './dialog.js';
import { refillTimes, time, timeText, zoneName } from './format.js';
import * as live from './live.js';
import { hasKeys, setTheme, setZone, theme, THEMES, zone } from './preferences.js';
import { batchScreen } from './batch.js';
import { batchesScreen } from './batches.js';
import { createScreen } from './create.js';
import { limitsScreen } from './limits.js';
import { nodesScreen } from './nodes.js';
import { problemPanel } from './problem.js';
import { schedulesScreen } from './schedules.js';

const main = document.getElementById('main');
let shown = null; // {path, screen, stop}

const ROUTES = [
  [/^\/$/, batchesScreen],
  [/^\/batch\/([^/]+)(?:\/(items|errors|timeline|compare|settings))?(?:\/(\d+))?$/, batchScreen],
  [/^\/new$/, createScreen],
  [/^\/limits$/, limitsScreen],
  [/^\/nodes$/, nodesScreen],
  [/^\/schedules$/, schedulesScreen],
];

function address() {
  const [path, search = ''] = (location.hash.slice(1) || '/').split('?');
  return { path, query: new URLSearchParams(search) };
}

/** Shows the screen of the address. One of the same path takes the new query without being made anew. */
async function route() {
  const { path, query } = address();
  if (shown?.path === path && shown.screen?.query) return shown.screen.query(query);
  shown?.stop.abort();
  live.follow({});
  const stop = new AbortController();
  const mine = (shown = { path, stop, screen: null });
  const last = main.dataset.path;
  main.dataset.path = path;
  main.setAttribute('aria-busy', 'true'); // until the screen of the address is there
  const slow = setTimeout(() => show(main, el('p', { class: 'quiet' }, 'Loading …')), 400);
  header();
  try {
    if (await me()) header();
    const [pattern, make] = ROUTES.find(([known]) => known.test(path)) ?? [/^/, missing];
    const screen = await make({ parts: pattern.exec(path).slice(1), query, signal: stop.signal, go });
    if (mine !== shown) return;
    mine.screen = screen;
    document.title = `${screen.title} – Batches`;
    show(main, screen.node);
    live.follow({ event: (event) => screen.event?.(event), refresh: () => again(screen) });
  } catch (e) {
    if (mine !== shown || e.name === 'AbortError') return;
    document.title = 'Batches';
    show(main, e.status === 401 ? signIn((token) => (takeToken(token), reload())) : problemPanel(e, reload));
    if (e.status !== 401) live.follow({ refresh: () => (e.status === 0 || e.status === 503 ? reload() : null) });
  } finally {
    clearTimeout(slow);
    if (mine === shown) main.removeAttribute('aria-busy');
  }
  if (last === undefined || last === path) return; // at the start, and when the same is read again
  (main.querySelector('h1') ?? main).focus({ preventScroll: true });
  if (last.split('/')[2] !== path.split('/')[2]) scrollTo(0, 0);
}

async function again(screen) {
  try {
    await screen.refresh?.();
  } catch (e) {
    if (e.name === 'AbortError' || e.status === 0 || e.status === 503) return; // told above the old data
    show(main, e.status === 401 ? signIn((token) => (takeToken(token), reload())) : problemPanel(e, reload));
  }
}

function reload() {
  shown = null;
  route();
}

function missing() {
  return { title: 'Not found', node: el('section', {}, heading(1, 'There is no such page'), el('p', {}, link('All batches', '#/'))) };
}

/** Goes to an address; parameters that are empty are left out. */
export function go(path, parameters = {}, { replace = false } = {}) {
  const search = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  const hash = `#${path}${search.size ? `?${search}` : ''}`;
  if (replace) {
    history.replaceState(null, '', hash);
    route();
  } else {
    location.hash = hash;
  }
}

const line = el('button', { type: 'button', class: 'line', onclick: () => live.pause() });
const lineState = el('span', {});

function header() {
  const { path } = address();
  const places = [['#/', 'Batches', path === '/' || path.startsWith('/batch')], ['#/schedules', 'Schedules', path === '/schedules'], may('ADMIN') ? ['#/limits', 'Limits', path === '/limits'] : null, may('ADMIN') ? ['#/nodes', 'Nodes', path === '/nodes'] : null, may('SUBMIT') ? ['#/new', 'New batch', path === '/new'] : null];
  const zoneButton = button(zoneName(), () => {
    setZone(zone() === 'utc' ? 'local' : 'utc');
    zoneButton.textContent = zoneName();
    refillTimes();
    say(`Times are in ${zoneName()}`);
  }, { title: 'Times: local or UTC' });
  const themeButton = button(theme(), () => turn(themeButton), { id: 'theme', title: 'Theme: system, light, dark (t)' });
  show(document.getElementById('top'),
    el('nav', { 'aria-label': 'Places' }, places.filter(Boolean).map(([href, label, isHere]) => link(label, href, { 'aria-current': isHere ? 'page' : null }))),
    el('div', { class: 'tools' }, line, zoneButton, themeButton, button('?', help, { title: 'Keys (?)', 'aria-label': 'Keys' })));
}

function turn(node = document.getElementById('theme')) {
  setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  if (node) node.textContent = theme();
  say(`Theme: ${theme()}`);
}

const WORDS = { connecting: '◌ connecting', open: '● live', paused: '‖ paused' };

live.onState((state, since) => {
  line.dataset.state = state;
  show(lineState, state === 'lost' ? ['○ no live line since ', time(since.toISOString()), ', asking every 5 s'] : WORDS[state]);
  line.title = state === 'paused' ? 'Go on with live rows (p)' : 'Pause live rows (p)';
  line.setAttribute('aria-pressed', String(state === 'paused'));
  if (!line.firstChild) line.append(lineState);
});

onTrouble((since, problem) => {
  main.classList.toggle('stale', since !== null);
  show(document.getElementById('trouble'), since && problem
    ? el('p', {}, `${problem.status === 503 ? 'The database does not answer' : 'The service does not answer'} since ${timeText(since.toISOString())}, trying again.`) : null);
});

/** What no screen has caught: said, not swallowed. */
addEventListener('unhandledrejection', (event) => {
  if (event.reason?.name === 'AbortError') return event.preventDefault();
  say(event.reason?.message ?? 'Something went wrong');
});

let before = '';
document.addEventListener('keydown', (event) => {
  if (!hasKeys() || event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
  if (event.target.matches('input:not([type=checkbox]), textarea, select')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const key = before === 'g' ? `g ${event.key}` : event.key;
  before = event.key;
  const act = {
    '/': () => main.querySelector('.filter input, .filter select')?.focus(),
    j: () => step(1),
    k: () => step(-1),
    x: () => document.activeElement.closest('tr')?.querySelector('input[type=checkbox]')?.click(),
    'g b': () => go('/'),
    'g n': () => may('ADMIN') && go('/nodes'),
    p: () => live.pause(),
    t: () => turn(),
    '?': help,
  }[key];
  if (act) {
    event.preventDefault();
    act();
  }
});

/** Moves the focus to the link of another row. */
function step(by) {
  const rows = [...main.querySelectorAll('tbody tr')].filter((row) => row.querySelector('a'));
  const now = rows.indexOf(document.activeElement.closest('tr'));
  const next = rows[Math.max(0, Math.min(rows.length - 1, now < 0 ? 0 : now + by))];
  next?.querySelector('a').focus();
}

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) {
    takeToken();
    return reload();
  }
  route();
});
if (location.hash.startsWith('#token=')) takeToken();
live.start();
route();
