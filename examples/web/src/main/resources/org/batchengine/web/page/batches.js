/** All batches: what runs, a filter, and what may be done with the rows that are chosen. */
import { address, get, may, ownTenant, post } from './api.js';
import { spark } from './chart.js';
import { block, button, el, field, heading, link, patch, select, show } from './dom.js';
import { BATCH_STATES, count, decimal, isEnded, plural, progress, remaining, state, time, title } from './format.js';
import { Table } from './table.js';
import { cancel, pause, resume, retryAll } from './steer.js';

const PAGE = 50;
const SPANS = [['', 'any time'], ['1', 'last 24 hours'], ['7', 'last 7 days'], ['30', 'last 30 days']];
const NAMES = ['name', 'operation', 'status', 'owner', 'tenant', 'days'];
const rates = []; // of items a second, for the small line; kept over screens

const dash = (value) => value ?? '–';

const COLUMNS = [
  { label: 'Name', class: 'name', cell: (b) => link(title(b), `#/batch/${b.id}`) },
  { label: 'Type', cell: (b) => b.operation },
  { label: 'State', cell: (b) => state(b.status) },
  { label: 'Progress', cell: (b) => progress(b) },
  { label: 'Items', class: 'number', cell: (b) => count(b.total_items) },
  { label: 'Failed', class: 'number', cell: (b) => (b.failed_items ? link(count(b.failed_items), `#/batch/${b.id}/errors`, { class: 'bad' }) : '0') },
  { label: 'Items/s', class: 'number', cell: (b) => (b.status === 'running' ? decimal(b.items_per_second) : '–') },
  { label: 'ETA', class: 'number', cell: (b) => (b.status === 'running' ? remaining(b.eta_seconds) : '–') },
  { label: 'Owner', cell: (b) => dash(b.submitted_by) },
  { label: 'Created', cell: (b) => time(b.created_at) },
];
const TENANT = { label: 'Tenant', cell: (b) => b.tenant };

/** The one filter: for the table, for what is new, and for the address. */
const filterOf = (query) => Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? '']).filter(([, value]) => value));

function parameters(filter) {
  const { days, ...rest } = filter;
  return days ? { ...rest, createdAfter: new Date(Date.now() - days * 86_400_000).toISOString() } : rest;
}

const matches = (filter, b) => (!filter.name || title(b).includes(filter.name)) && (!filter.operation || b.operation === filter.operation) &&
  (!filter.status || b.status === filter.status) && (!filter.owner || b.submitted_by === filter.owner) && (!filter.tenant || b.tenant === filter.tenant);

export async function batchesScreen({ query, signal, go }) {
  let filter = filterOf(query);
  let next = null;
  const fresh = new Map(); // batches that are not in the table yet
  const tiles = el('ul', { class: 'tiles' });
  const counted = el('span', {});
  const newer = button('', () => load());
  const older = button('Older', more, { class: 'older' });
  const empty = el('div', {});
  const actions = el('div', { class: 'actions sticky' });
  const table = new Table('Batches, newest first', ownTenant() ? COLUMNS : [...COLUMNS.slice(0, 8), TENANT, ...COLUMNS.slice(8)],
    { select: may('STEER') ? offer : null, name: title });
  const form = el('form', { class: 'filter', onsubmit: (event) => event.preventDefault(), 'aria-label': 'Filter' });
  const operations = get('api/batch/operations', {}, signal).then((answer) => answer.operations, () => []);

  function change(name, value) {
    const changed = { ...filter, [name]: value };
    go('/', changed, { replace: true });
  }

  function typed(name) {
    const input = el('input', { name, type: 'search', oninput: () => {
      clearTimeout(input.timer);
      input.timer = setTimeout(() => change(name, input.value.trim()), 300);
    } });
    input.value = filter[name] ?? '';
    return input;
  }

  async function fillFilter() {
    const types = (await operations).map((operation) => [operation.operation, operation.operation]);
    if (filter.operation && !types.some(([type]) => type === filter.operation)) types.push([filter.operation, filter.operation]);
    show(form, field('Name', typed('name')),
      field('Type', select([['', 'any'], ...types], filter.operation ?? '', (value) => change('operation', value))),
      field('State', select([['', 'any'], ...BATCH_STATES.map((name) => [name, name])], filter.status ?? '', (value) => change('status', value))),
      field('Owner', typed('owner')), ownTenant() ? null : field('Tenant', typed('tenant')),
      field('Created', select(SPANS, filter.days ?? '', (value) => change('days', value))));
  }

  async function load() {
    const page = await get('api/batch/history', { ...parameters(filter), limit: PAGE }, signal);
    fresh.clear();
    table.set(page.batches);
    paged(page);
    if (!page.batches.length) show(empty, Object.keys(filter).length ? nothing() : await first(await operations, go));
    else show(empty);
  }

  const nothing = () => el('p', { class: 'panel' }, 'No batch matches. ', link('Show all', '#/'));

  async function more() {
    const page = await get('api/batch/history', { ...parameters(filter), limit: PAGE, after: next }, signal);
    table.add(page.batches.filter((batch) => !table.has(batch.id)));
    paged(page);
  }

  function paged(page) {
    next = page.next;
    older.hidden = !next;
    number();
  }

  function number() {
    counted.textContent = `${plural(table.size, 'batch', 'batches')}${next ? ' shown, there are more' : ''}`;
    newer.hidden = !fresh.size;
    newer.textContent = `${count(fresh.size)} new, show`;
    table.node.hidden = !table.size;
  }

  const KINDS = [
    ['Pause…', pause, (b) => ['running', 'pending'].includes(b.status)],
    ['Resume…', resume, (b) => b.status === 'paused'],
    ['Cancel…', cancel, (b) => !isEnded(b.status)],
    ['Retry failed…', retryAll, (b) => b.failed_items > 0],
  ];

  /** The buttons look at the rows when they are pressed: a patch may keep them from before. */
  function offer(rows) {
    const chosen = (test) => table.chosenRows().filter(test);
    patch(actions, rows.length ? [el('span', {}, `${count(rows.length)} chosen`),
      KINDS.filter(([, , test]) => rows.some(test)).map(([label, act, test]) => button(label, () => act(chosen(test), refresh))),
      rows.length === 2 ? button('Compare 2', () => compare(table.chosenRows())) : null] : []);
  }

  const compare = ([b, a]) => go(`/batch/${b.id}/compare`, { with: a.id });

  async function summary() {
    const day = new Date(Date.now() - 86_400_000).toISOString();
    const [{ stats }, recent] = await Promise.all([get('api/batch/stats', {}, signal), get('api/batch/history', { createdAfter: day, limit: 100 }, signal)]);
    const failing = recent.batches.filter((b) => b.failed_items).length;
    rates.push(stats.itemsPerSecond);
    rates.splice(0, rates.length - 30);
    paintTiles(count(stats.byStatus.running ?? 0), count(stats.byStatus.pending ?? 0), `${failing}${recent.next ? '+' : ''}`, decimal(stats.itemsPerSecond));
  }

  /** They have their places before their numbers, so that the rows below do not move. */
  function paintTiles(running = '–', queued = '–', failing = '–', perSecond = '–') {
    patch(tiles, tile(running, 'running', '#/?status=running'), tile(queued, 'queued', '#/?status=pending'),
      el('li', {}, el('b', {}, failing), ' with failures in 24 hours'),
      el('li', {}, el('b', {}, perSecond), ' items/s', rates.length > 1 ? spark(rates) : null));
  }

  const tile = (n, label, href) => el('li', {}, link([el('b', {}, n), ` ${label}`], href));

  async function refresh() {
    const [page] = await Promise.all([get('api/batch/history', { ...parameters(filter), limit: PAGE }, signal), summary()]);
    if (!table.size) return load();
    page.batches.forEach((b) => (table.has(b.id) ? table.change(b.id, b) : fresh.set(b.id, b)));
    number();
  }

  function event(e) {
    if (e.event === 'batch:deleted') table.remove(e.batchId);
    else if (table.has(e.batchId)) table.change(e.batchId, changes(e));
    else if (e.event === 'batch:created' && e.batch && matches(filter, e.batch)) fresh.set(e.batchId, e.batch);
    number();
  }

  paintTiles();
  await Promise.all([fillFilter(), load()]);
  summary().catch(() => {}); // told above if the service does not answer, and asked again
  return {
    title: 'All batches',
    node: el('section', {},
      el('div', { class: 'head' }, heading(1, 'All batches'), may('SUBMIT') ? link('+ New batch', '#/new', { class: 'button main' }) : null),
      tiles, form, el('p', { class: 'counted' }, counted, ' ', newer), empty, table.node, actions, older),
    event,
    refresh,
    async query(changed) {
      const was = filter;
      filter = filterOf(changed);
      if (JSON.stringify(was) === JSON.stringify(filter)) return;
      if (!form.contains(document.activeElement)) await fillFilter();
      await load();
    },
  };
}

/** What an event tells of a batch. */
export function changes(e) {
  const { event, seq, batchId, batch, ...rest } = e;
  return { ...rest, ...batch };
}

/** For the first minute: one click to see work, or one line of curl. */
async function first(operations, go) {
  const found = operations.find((operation) => operation.findsItems && !operation.filters.required?.length);
  const start = async () => go(`/batch/${(await post('api/batch/create', { operation: found.operation, name: found.label })).batch.id}`);
  const wanted = found && may('SUBMIT') ? await post('api/batch/validate', { operation: found.operation }).catch(() => null) : null;
  const line = `curl -X POST ${address('api/batch/create')} -H 'Authorization: Bearer …' -H 'Content-Type: application/json' -d '${JSON.stringify({ operation: found?.operation ?? 'name', name: 'My first batch' })}'`;
  return el('div', { class: 'panel' }, el('h2', {}, 'No batch yet.'),
    wanted?.valid ? el('p', {}, button(`${found.label}: ${count(wanted.total_items)}${wanted.total_items >= 10_000 ? '+' : ''} items`, start, { class: 'main' })) : null,
    may('SUBMIT') ? [el('p', {}, 'Or by HTTP:'), block(line)] : null);
}
