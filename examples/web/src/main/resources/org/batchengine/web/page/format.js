/** Numbers, times and states, as people read them. */
import { el } from './dom.js';
import { zone } from './preferences.js';

const whole = new Intl.NumberFormat('en');
const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const two = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

export const count = (n) => (n === undefined || n === null ? '–' : whole.format(n));
export const decimal = (n) => (n === undefined || n === null ? '–' : n >= 100 ? whole.format(Math.round(n)) : n >= 10 ? one.format(n) : two.format(n));
export const percent = (n) => `${one.format(n ?? 0)} %`;
export const plural = (n, word, many = `${word}s`) => `${count(n)} ${n === 1 ? word : many}`;

/** Milliseconds: 12 ms, 1.15 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return '–';
  if (ms < 1) return ms === 0 ? '0 ms' : `${decimal(ms * 1_000)} µs`;
  if (ms < 1_000) return `${decimal(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${decimal(seconds)} s`;
  const parts = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([size]) => seconds >= size);
  const [big, small] = [parts[first], parts[first + 1]];
  const rest = Math.floor((seconds % big[0]) / small[0]);
  return `${Math.floor(seconds / big[0])} ${big[1]}${rest ? ` ${rest} ${small[1]}` : ''}`;
}

export const seconds = (s) => (s === undefined || s === null ? '–' : duration(s * 1_000));

/** How long something still takes, in whole seconds: it is a guess. */
export const remaining = (s) => (s === undefined || s === null ? '–' : duration(1_000 * Math.max(1, Math.ceil(s))));

const made = new Map();

/** Made once: a table of 50 rows would make hundreds of them. */
function dates(locale, options) {
  const key = locale + JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(locale, options));
  return made.get(key);
}

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

function day(date, timeZone) {
  return dates('en-CA', { timeZone }).format(date);
}

/** An instant in the zone that the visitor chose; the other one is in the tooltip. */
export function time(iso) {
  if (!iso) return '–';
  const node = el('time', { datetime: iso });
  fillTime(node);
  return node;
}

const chosenZone = () => (zone() === 'utc' ? 'UTC' : undefined);

/** The time of day, such as 12:03:07. */
export const clockText = (date) => dates('en', { ...CLOCK, timeZone: chosenZone() }).format(date);

export function timeText(iso) {
  const date = new Date(iso);
  const timeZone = chosenZone();
  const clock = clockText(date);
  const today = day(new Date(), timeZone);
  const that = day(date, timeZone);
  if (that === today) return clock;
  if (that === day(new Date(Date.now() - 86_400_000), timeZone)) return `yesterday ${clock.slice(0, 5)}`;
  const sameYear = that.slice(0, 4) === today.slice(0, 4);
  const date2 = dates('en', { timeZone, day: 'numeric', month: 'short', year: sameYear ? undefined : 'numeric' }).format(date);
  return `${date2} ${clock.slice(0, 5)}`;
}

function fillTime(node) {
  const iso = node.getAttribute('datetime');
  const local = dates('en', { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(iso));
  node.textContent = timeText(iso);
  node.title = `${new Date(iso).toISOString()} (UTC), ${local}`;
}

/** After the zone was changed. */
export function refillTimes() {
  document.querySelectorAll('time').forEach(fillTime);
  document.dispatchEvent(new Event('zone'));
}

export const zoneName = () => (zone() === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone);

export const BATCH_STATES = ['submitting', 'pending', 'running', 'paused', 'stopping', 'completed', 'failed', 'cancelled'];
export const ITEM_STATES = ['pending', 'running', 'retrying', 'deferred', 'succeeded', 'failed', 'skipped', 'cancelled'];
export const isEnded = (status) => ['completed', 'failed', 'cancelled'].includes(status);

const MARKS = { submitting: '…', pending: '○', running: '▶', paused: '‖', stopping: '■', completed: '✓', succeeded: '✓', failed: '✕', cancelled: '⊘', retrying: '↻', deferred: '⇢', skipped: '↷' };

/** A state with a mark of its own: never by colour alone. */
export function state(name) {
  return el('span', { class: `state ${name}` }, el('span', { 'aria-hidden': 'true' }, MARKS[name] ?? '•'), ` ${name}`);
}

/** How far a batch is, as a bar and a number. */
export function progress(batch) {
  return el('span', { class: `progress ${batch.status}` },
    el('progress', { max: 100, value: batch.progress, 'aria-label': `Progress of ${title(batch)}` }), el('span', {}, percent(batch.progress)));
}

export const title = (batch) => batch.name ?? `${batch.operation} ${batch.id.slice(0, 8)}`;

export const itemName = (item) => item.key ?? `item ${item.index}`;

export function bytes(n) {
  return n >= 1 << 30 ? `${two.format(n / (1 << 30))} GiB` : n >= 1 << 20 ? `${count(Math.round(n / (1 << 20)))} MiB` : `${count(Math.round(n / 1024))} KiB`;
}
