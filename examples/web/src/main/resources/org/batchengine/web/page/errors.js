/** Failures by kind, and what is new against the batch of this name before. */
import { get, may } from './api.js';
import { button, el, heading, link } from './dom.js';
import { count, percent, time } from './format.js';
import { retrySome } from './steer.js';
import { Table } from './table.js';

export async function errorsTab({ id, batch, signal, refresh: again }) {
  const none = el('p', { class: 'panel' }, 'Nothing failed.');

  const items = (group) => `#/batch/${id}/items?state=failed&error=${encodeURIComponent(group.fingerprint)}`;
  const table = new Table('Errors, the most frequent first', [
    { label: 'Type', class: 'name', cell: (group) => link(group.type, items(group)) },
    { label: 'Sample', class: 'text', cell: (group) => el('span', { class: 'message' }, group.sample) },
    { label: 'Items', class: 'number', cell: (group) => count(group.count) },
    { label: 'Share', class: 'number', cell: (group) => percent(group.percentage) },
    { label: 'Latest', cell: (group) => time(group.latestAt) },
    { label: 'New', cell: (group) => (group.newSince ? el('span', { class: 'new' }, '★ new') : '–') },
    ...(may('STEER') ? [{ label: 'Action', cell: (group) => button(`Retry these ${count(group.count)}…`, () => retryGroup(group.fingerprint), { 'aria-label': `Retry these ${count(group.count)}, ${group.type}` }) }] : []),
  ], { id: (group) => group.fingerprint });

  function retryGroup(fingerprint) {
    const group = table.row(fingerprint);
    retrySome(batch(), { errors: [fingerprint] }, group.count, again);
  }

  async function load() {
    const { groups } = await get(`api/batch/${id}/errors`, { limit: 100 }, signal);
    table.set(groups);
    table.node.hidden = !groups.length;
    none.hidden = groups.length > 0;
  }

  await load();
  return { node: el('section', {}, heading(2, 'Errors', { class: 'aside' }), none, table.node), refresh: load };
}
