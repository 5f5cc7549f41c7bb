/** Items of a batch. One filter is for the rows, their number, and what "retry these" does. */
import { get, may } from './api.js';
import { button, el, field, heading, link, patch, select, show } from './dom.js';
import { count, ITEM_STATES, itemName, plural, seconds, state, time, decimal } from './format.js';
import { problemLine } from './problem.js';
import { retrySome } from './steer.js';
import { Table } from './table.js';

const PAGE = 100;

const filterOf = (query) => ({ state: query.get('state') ?? '', error: query.get('error') ?? '', type: query.get('type') ?? '', key: query.get('key') ?? '' });

const parameters = (filter) => ({ state: filter.state, errorFingerprint: filter.error, errorType: filter.type, key: filter.key });

export async function itemsTab({ id, batch, query, signal, go, refresh: again }) {
  let filter = filterOf(query);
  let next = null;
  let groups = [];
  const form = el('form', { class: 'filter', 'aria-label': 'Filter', onsubmit: (event) => event.preventDefault() });
  const counted = el('span', {});
  const older = button('More', more, { class: 'older' });
  const actions = el('div', { class: 'actions sticky' });
  const retry = el('span', {});
  const trouble = el('div', {});
  const table = new Table('Items, in order', [
    { label: '#', class: 'number', cell: (item) => link(count(item.index), `#/batch/${id}/items/${item.index}`) },
    { label: 'Key', class: 'name', cell: (item) => item.key ?? '–' },
    { label: 'State', cell: (item) => state(item.state) },
    { label: 'Attempts', class: 'number', cell: (item) => count(item.attempts) },
    { label: 'Duration', class: 'number', cell: (item) => seconds(item.duration_seconds) },
    { label: 'Quality', class: 'number', cell: (item) => (item.quality === undefined ? '–' : decimal(item.quality)) },
    { label: 'Error', class: 'text', cell: (item) => (item.error_type ? el('span', { class: 'clip', title: item.error_message }, `${item.error_type}: ${item.error_message}`) : item.reason ?? '–') },
    { label: 'Settled', cell: (item) => (item.settled_at ? time(item.settled_at) : item.due_at ? ['again at ', time(item.due_at)] : '–') },
  ], { id: (item) => item.index, name: itemName, select: may('STEER') ? offer : null });

  const change = (changes) => go(`/batch/${id}/items`, { ...filter, ...changes }, { replace: true });

  function fillFilter() {
    const key = el('input', { name: 'key', type: 'search', onchange: () => change({ key: key.value.trim() }) });
    key.value = filter.key;
    const errors = groups.map((group) => [group.fingerprint, `${group.type}: ${group.sample}`.slice(0, 80)]);
    if (filter.error && !errors.some(([fingerprint]) => fingerprint === filter.error)) errors.push([filter.error, filter.error]);
    show(form,
      field('State', select([['', 'any'], ...ITEM_STATES.map((name) => [name, name])], filter.state, (value) => change({ state: value, error: '', type: '' }))),
      field('Error', select([['', 'any'], ...errors], filter.error, (value) => change({ error: value, type: '', state: value ? 'failed' : filter.state }))),
      field('Key', key, 'The whole key.'));
  }

  /** How many match, from counts that are kept: items are not counted for it. Undefined if nobody knows. */
  function known() {
    if (filter.key) return table.size;
    if (filter.error) return groups.find((group) => group.fingerprint === filter.error)?.count;
    if (filter.type) return groups.filter((group) => group.type === filter.type).reduce((sum, group) => sum + group.count, 0);
    return batch()[{ '': 'total_items', failed: 'failed_items' }[filter.state] ?? filter.state];
  }

  /** What the API retries if it is to be what is shown. Null if what is shown did not fail. */
  function choice() {
    if (filter.state !== 'failed') return null;
    if (filter.key) return table.size && [...table.rows.values()][0].row.state === 'failed' ? { keys: [filter.key] } : null;
    return filter.error ? { errors: [filter.error] } : filter.type ? { types: [filter.type] } : {};
  }

  function number() {
    const n = known();
    counted.textContent = n === undefined || n < table.size ? `${count(table.size)}${next ? '+' : ''} items` : `${plural(n, 'item')}${n > table.size ? `, ${count(table.size)} shown` : ''}`;
    const all = Math.max(n ?? 0, table.size);
    patch(retry, may('STEER') && choice() && all ? button(`Retry these ${count(all)}…`, () => retrySome(batch(), choice(), Math.max(known() ?? 0, table.size), again), { class: 'main' }) : null);
    older.hidden = !next;
    table.node.hidden = !table.size;
  }

  function offer(rows) {
    const failed = rows.filter((item) => item.state === 'failed');
    const chosen = () => table.chosenRows().filter((item) => item.state === 'failed').map((item) => item.index);
    patch(actions, rows.length ? [el('span', {}, `${count(rows.length)} chosen`),
      failed.length ? button(`Retry ${count(failed.length)}…`, () => retrySome(batch(), { indexes: chosen() }, chosen().length, again)) : null] : []);
  }

  const page = (more) => get(`api/batch/${id}/items`, { ...parameters(filter), ...more, limit: PAGE }, signal);

  async function load() {
    show(trouble);
    try {
      const [answer, errors] = await Promise.all([page(), get(`api/batch/${id}/errors`, { limit: 100 }, signal)]);
      groups = errors.groups;
      next = answer.next;
      // a key finds an item in whatever state, so the state is looked at here
      table.set(answer.items.filter((item) => !filter.key || !filter.state || item.state === filter.state));
    } catch (e) {
      if (e.status !== 400) throw e;
      table.set([]);
      show(trouble, problemLine(e));
    }
    if (!form.contains(document.activeElement)) fillFilter();
    number();
    if (!table.size && !trouble.firstChild) show(trouble, el('p', { class: 'panel' }, 'No item matches. ', link('Show all', `#/batch/${id}/items`)));
  }

  async function more() {
    const answer = await page({ after: next });
    next = answer.next;
    table.add(answer.items);
    number();
  }

  async function refresh() {
    if (table.size > PAGE) return number(); // further pages stay as they were read
    await load();
  }

  await load();
  fillFilter();
  return {
    node: el('section', {}, heading(2, 'Items', { class: 'aside' }), form, el('p', { class: 'counted' }, counted, ' ', retry), trouble, table.node, actions, older),
    refresh,
    event: number,
    async query(changed) {
      filter = filterOf(changed);
      await load();
    },
  };
}
