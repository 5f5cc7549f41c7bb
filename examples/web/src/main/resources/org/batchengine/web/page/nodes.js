/** The engines that are connected, how this one is, and what goes wrong. */
import { get, health } from './api.js';
import { el, facts, heading, patch } from './dom.js';
import { bytes, count, decimal, duration, plural, seconds, time } from './format.js';
import { Table } from './table.js';

export async function nodesScreen({ signal }) {
  const state = el('div', {});
  const figures = el('div', {});
  const none = el('p', { class: 'panel', hidden: true }, 'No node is connected: nothing is processed.');
  const nodes = new Table('Nodes', [
    { label: 'Node', class: 'name', cell: (node) => node.node },
    { label: 'Process', cell: (node) => node.process },
    { label: 'Expires in', class: 'number', cell: (node) => duration(Math.max(0, 1_000 * Math.round((Date.parse(node.expires_at) - Date.now()) / 1_000))) },
    { label: 'Chunks', class: 'number', cell: (node) => count(node.chunks) },
    { label: 'Items in hand', class: 'number', cell: (node) => count(node.items) },
    { label: 'Types', class: 'text', cell: (node) => node.types.join(', ') },
  ], { id: (node) => node.session });
  const queues = new Table('Work on this node', [
    { label: 'Type', class: 'name', cell: (queue) => queue.operation },
    { label: 'Waiting', class: 'number', cell: (queue) => count(queue.waiting) },
    { label: 'Running', class: 'number', cell: (queue) => count(queue.running) },
  ], { id: (queue) => queue.operation });

  async function load() {
    const [{ nodes: all }, well, { metrics }] = await Promise.all([get('api/batch/nodes', {}, signal), health(), get('api/metrics', {}, signal)]);
    nodes.set(all);
    nodes.node.hidden = !all.length;
    none.hidden = all.length > 0;
    queues.set(metrics.queues);
    patch(state, ...problems(well.health ?? {}));
    patch(figures, facts([
      ['Last claim', ago(well.health, 'claim')], ['Last settle', ago(well.health, 'settle')], ['Last renewal', ago(well.health, 'renewal')],
      ['Items/s', decimal(metrics.items_per_second)], ['Not settled yet', count(metrics.unsettled)], ['Events lost by slow listeners', count(metrics.lost)], ['Parked', metrics.parked === undefined ? '' : count(metrics.parked)],
      ['Age of the session', seconds(metrics.session_age_seconds)], ['Memory', `${bytes(metrics.memory_used_bytes)} of ${bytes(metrics.memory_max_bytes)}`], ['Threads', count(metrics.threads)],
    ]));
  }

  await load();
  return {
    title: 'Nodes',
    node: el('section', {}, heading(1, 'Nodes'), state, none, nodes.node, heading(2, 'This node'), figures, queues.node),
    refresh: load,
  };
}

const ago = (well, name) => (well?.[`${name}_succeeded_at`] ? time(well[`${name}_succeeded_at`]) : '–');

/** Problems in words. */
function problems(well) {
  const words = [];
  if (well.problem) words.push(...well.problem.split('; '));
  if (well.unserved_types) words.push(`No node processes batches of type ${well.unserved_types.replaceAll('; ', ', ')}.`);
  if (well.unserved_schedules) words.push(`No node has the code of schedule ${well.unserved_schedules.replaceAll('; ', ', ')}.`);
  if (well.locked_rows) words.push(`Locked for long: ${well.locked_rows}.`);
  for (const name of ['claim', 'settle', 'renewal']) {
    const times = well[`${name}_failures_in_a_row`];
    if (times) words.push(`The last ${plural(times, `${name}`)} failed: ${well[`${name}_failure`]}`);
  }
  if (!words.length && well.status === 'UP') return [el('p', { class: 'well' }, '✓ All is well.')];
  return [el('div', { class: 'panel problem' }, el('h2', {}, `✕ ${plural(words.length, 'problem')}`), el('ul', {}, words.map((word) => el('li', {}, word))))];
}
