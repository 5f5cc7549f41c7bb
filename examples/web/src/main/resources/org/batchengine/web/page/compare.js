/** What differs between two batches. */
import { get } from './api.js';
import { button, el, facts, field, heading, link, select, show } from './dom.js';
import { count, decimal, duration, state, timeText, title } from './format.js';
import { problemLine } from './problem.js';
import { Table } from './table.js';

const KINDS = [
  ['newly_failing', 'newly failing', 'newlyFailing'], ['newly_fixed', 'newly fixed', 'newlyFixed'], ['changed_output', 'changed output', 'changed'],
  ['changed_state', 'changed state', 'changedStates'], ['only_in_a', 'only in A', 'onlyInA'], ['only_in_b', 'only in B', 'onlyInB'],
];
const WORDS = Object.fromEntries(KINDS.map(([kind, label]) => [kind, label]));
const PAGE = 100;

export async function compareTab({ id, batch, query, signal, go }) {
  let other = query.get('with') ?? '';
  let kind = query.get('kind') ?? '';
  let next = null;
  let others = [];
  const form = el('form', { class: 'filter', 'aria-label': 'Batches', onsubmit: (event) => event.preventDefault() });
  const kinds = el('div', { class: 'numbers' });
  const figures = el('div', {});
  const said = el('div', {});
  const older = button('More', more, { class: 'older' });
  const place = (item) => (item.index_in_b === undefined ? `#/batch/${other}/items/${item.index_in_a}` : `#/batch/${id}/items/${item.index_in_b}`);
  const table = new Table('Items that differ', [
    { label: 'Item', class: 'name', cell: (item) => link(item.key ?? `item ${item.index_in_b ?? item.index_in_a}`, place(item)) },
    { label: 'What', cell: (item) => WORDS[item.kind] },
    { label: 'In A', cell: (item) => (item.state_in_a ? state(item.state_in_a) : '–') },
    { label: 'In B', cell: (item) => (item.state_in_b ? state(item.state_in_b) : '–') },
  ], { id: (item) => `${item.kind} ${item.key ?? ''} ${item.index_in_a} ${item.index_in_b}` });

  const path = () => `api/batch/${other}/compare/${id}`;
  const change = (changes) => go(`/batch/${id}/compare`, { with: other, kind, ...changes }, { replace: true });

  async function find() {
    const { operation } = batch();
    const { batches } = await get('api/batch/history', { operation, limit: 100 }, signal);
    others = batches.filter((one) => one.id !== id);
    if (other && !others.some((one) => one.id === other)) others.push((await get(`api/batch/${other}`, {}, signal)).batch);
    // by itself, it is the one of the same name before
    const before = others.filter((one) => one.created_at < batch().created_at);
    other ||= (before.find((one) => one.name === batch().name) ?? before[0] ?? others[0])?.id ?? '';
  }

  const named = (one) => `${title(one)}, ${timeText(one.created_at)}`;

  async function load() {
    show(form, field('A', select(others.map((one) => [one.id, named(one)]), other, (value) => change({ with: value }))),
      el('p', { class: 'field' }, el('span', {}, 'B, this batch'), el('b', {}, named(batch()))));
    show(said);
    if (!other) return show(said, el('p', { class: 'panel' }, 'There is no other batch of this type to compare with.'));
    try {
      const answer = await get(path(), { kind, limit: PAGE }, signal);
      paint(answer.comparison);
      table.set(answer.items);
      next = answer.next;
    } catch (e) {
      if (e.name === 'AbortError') return;
      table.set([]);
      show(said, problemLine(e));
    }
    older.hidden = !next;
    table.node.hidden = !table.size;
    if (!table.size && !said.firstChild) show(said, el('p', { class: 'panel' }, kind ? 'No item differs so.' : 'No item differs.'));
  }

  function paint(comparison) {
    show(kinds, [['', 'all', null], ...KINDS].map(([value, label, name]) =>
      button([name ? el('b', {}, count(comparison[name])) : '', ` ${label}`], () => change({ kind: value }), { 'aria-pressed': String(value === kind), class: 'chip' })),
    el('span', {}, `${count(comparison.unchanged)} as before`));
    const both = (pair, write) => (pair.a === undefined && pair.b === undefined ? '' : `${pair.a === undefined ? '–' : write(pair.a)} → ${pair.b === undefined ? '–' : write(pair.b)}`);
    show(figures, facts([['p50', both(comparison.duration.p50, duration)], ['p95', both(comparison.duration.p95, duration)], ['Quality', both(comparison.quality, decimal)]]));
  }

  async function more() {
    const answer = await get(path(), { kind, limit: PAGE, after: next }, signal);
    table.add(answer.items);
    next = answer.next;
    older.hidden = !next;
  }

  await find();
  await load();
  return {
    node: el('section', {}, heading(2, 'Compare', { class: 'aside' }), form, kinds, figures, said, table.node, older),
    async query(changed) {
      other = changed.get('with') ?? other;
      kind = changed.get('kind') ?? '';
      await load();
    },
  };
}
