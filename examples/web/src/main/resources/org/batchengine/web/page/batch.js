/** One batch: its head, which all tabs share, and the tab that the address names. */
import { download, get, may, ownTenant } from './api.js';
import { button, el, heading, link, patch, say, show } from './dom.js';
import { count, decimal, isEnded, plural, progress, remaining, state, time, title } from './format.js';
import { changes } from './batches.js';
import { cancel, copyFailed, pause, resume, retryAll } from './steer.js';
import { overviewTab } from './overview.js';
import { itemsTab } from './items.js';
import { itemTab } from './item.js';
import { errorsTab } from './errors.js';
import { timelineTab } from './timeline.js';
import { compareTab } from './compare.js';
import { detailsTab } from './details.js';
import { problemLine } from './problem.js';

const TABS = [['', 'Overview'], ['items', 'Items'], ['errors', 'Errors'], ['timeline', 'Timeline'], ['compare', 'Compare'], ['settings', 'Settings']];
const MAKERS = { '': overviewTab, items: itemsTab, errors: errorsTab, timeline: timelineTab, compare: compareTab, settings: detailsTab };
let last = { id: null }; // the batch of the screen before: its head is there at once

export async function batchScreen({ parts: [id, tab = '', index], query, signal, go }) {
  const isSame = last.id === id;
  let batch = isSame ? last : (await get(`api/batch/${encodeURIComponent(id)}`, {}, signal)).batch;
  last = batch;
  const head = el('div', { class: 'head' });
  const numbers = el('div', { class: 'numbers' });
  const why = el('div', { class: 'why' });
  const bar = el('nav', { class: 'tabs', 'aria-label': 'Parts of the batch' });
  const title1 = heading(1, title(batch));
  const panel = el('div', { class: 'tab' }, el('p', { class: 'quiet' }, 'Loading …'));
  let part = null;

  function paint() {
    last = batch;
    title1.textContent = title(batch);
    const started = batch.started_at ? [batch.status === 'running' ? 'since ' : ', started ', time(batch.started_at)] : [', created ', time(batch.created_at)];
    const when = batch.completed_at ? ['at ', time(batch.completed_at)] : started;
    patch(head, title1, el('p', { class: 'about' }, state(batch.status), batch.status === 'running' || batch.completed_at ? ' ' : '', when, `, run ${batch.run}, ${batch.operation}, tenant ${batch.tenant}`,
      batch.submitted_by ? `, by ${batch.submitted_by}` : '', batch.state_reason ? `: ${batch.state_reason}` : ''), actions());
    patch(numbers, progress(batch), el('span', {}, `${count(batch.processed_items)} of ${plural(batch.total_items, 'item')}`),
      [['ok', 'succeeded'], ['failed', 'failed', 'failed_items'], ['skipped', 'skipped'], ['cancelled', 'cancelled'], ['waiting', 'pending'], ['retrying', 'retrying'], ['running', 'running'], ['outside', 'deferred']]
        .filter(([, name, counter = name]) => batch[counter] || name === 'failed' || name === 'succeeded')
        .map(([word, name, counter = name]) => link([el('b', {}, count(batch[counter])), ` ${word}`], `#/batch/${id}/items?state=${name}`, { class: name === 'failed' && batch[counter] ? 'bad' : null })),
      batch.status === 'running' ? [el('span', {}, `${decimal(batch.items_per_second)} items/s`), el('span', {}, `ETA ${remaining(batch.eta_seconds)}`)] : [],
      batch.measure_quality_mean !== undefined ? el('span', {}, `quality ${decimal(batch.measure_quality_mean)}`) : null, measures());
    patch(bar, TABS.map(([name, label]) => link(name === 'errors' && batch.failed_items ? `${label} (${plural(batch.failed_items, 'item')})` : label,
      `#/batch/${id}${name ? `/${name}` : ''}`, { 'aria-current': name === tab ? 'page' : null })));
  }

  /** What was measured besides quality, such as spend. */
  function measures() {
    return Object.keys(batch).filter((key) => /^measure_.+_sum$/.test(key) && key !== 'measure_quality_sum')
      .map((key) => el('span', {}, `${key.slice(8, -4)} ${decimal(Number(batch[key]))}`));
  }

  function actions() {
    return el('div', { class: 'actions' }, may('STEER') ? [
      ['running', 'pending'].includes(batch.status) ? button('Pause…', () => pause([batch], refresh)) : null,
      batch.status === 'paused' ? button('Resume…', () => resume([batch], refresh), { class: 'main' }) : null,
      isEnded(batch.status) ? null : button('Cancel…', () => cancel([batch], refresh)),
      batch.failed_items ? button('Retry failed…', () => retryAll([batch], refresh)) : null,
    ] : null, may('SUBMIT') && isEnded(batch.status) && batch.failed_items && batch.tenant === ownTenant() ? button('New batch of failed…', () => copyFailed(batch, go)) : null, may('PAYLOADS') ? ['csv', 'xlsx', 'jsonl'].map((format) => button(format.toUpperCase(), () => exported(format), { title: `Export all items as ${format}`, class: 'small' })) : null);
  }

  async function exported(format) {
    try {
      say('The export begins');
      await download(`api/batch/${id}/export`, { format }, `batch-${id}.${format}`);
    } catch (e) {
      say(e.message);
    }
  }

  async function explain() {
    if (isEnded(batch.status)) return show(why);
    const { reasons } = await get(`api/batch/${id}/explain`, {}, signal);
    patch(why, reasons.length ? [el('b', {}, 'Why it is not done: '), el('ul', {}, reasons.map((reason) =>
      el('li', { class: reason.needs_person ? 'person' : null }, inZone(reason.text), reason.needs_person ? el('b', {}, ' Somebody has to act.') : null)))] : []);
  }

  async function refresh() {
    const was = batch;
    batch = (await get(`api/batch/${id}`, {}, signal)).batch;
    ended(was);
    paint();
    await Promise.all([explain(), part?.refresh?.(batch)]);
  }

  function ended(was) {
    if (!isEnded(was.status) && isEnded(batch.status)) say(`${title(batch)}: ${batch.status}, ${count(batch.failed_items)} failed`);
  }

  async function event(e) {
    if (e.batchId !== id) return;
    if (e.event === 'batch:deleted') return say(`${title(batch)} was deleted`);
    const isProgress = e.event === 'batch:progress';
    const was = batch;
    batch = { ...batch, ...changes(e), id };
    if (!isProgress) return refresh().catch(() => {});
    ended(was);
    paint();
    part?.event?.(batch);
  }

  paint();
  const make = index === undefined ? MAKERS[tab] : itemTab;
  const context = { id, batch: () => batch, index, query, signal, go, refresh };
  const made = Promise.resolve(make(context)).then((ready) => {
    part = ready;
    show(panel, ready.node);
    if (isSame) panel.querySelector('h2')?.focus({ preventScroll: true });
  }).catch((e) => e.name === 'AbortError' || show(panel, problemLine(e)));
  explain().catch(() => {});
  if (isSame) refresh().catch(() => {});
  return {
    title: title(batch),
    node: el('article', {}, head, numbers, why, bar, panel),
    refresh,
    event,
    async query(changed) {
      await made;
      await part?.query?.(changed);
    },
  };
}

/** Instants in a text, in the zone that was chosen. */
const inZone = (text) => text.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, i) => (i % 2 ? time(part) : part));
