/** Limits of operations and tenants: what they are, how far they are used, and what is held. */
import { get, post, put } from './api.js';
import { ask } from './dialog.js';
import { button, el, heading, link, say } from './dom.js';
import { controls, save } from './form.js';
import { count, time } from './format.js';
import { Table } from './table.js';

const FORM = {
  required: ['of', 'name'],
  properties: {
    of: { enum: ['operation', 'tenant'], default: 'operation' },
    name: { type: 'string', maxLength: 100, description: 'Its name; the tenant * is each one without a limit of its own.' },
    limit: { type: 'string', maxLength: 200, description: 'Such as: rate 600/PT1M, running 20. Of a tenant also: weight 3, batches 20, items 500000, submits 100/PT1H.' },
    hold_minutes: { type: 'integer', minimum: 1, maximum: 525_600, description: 'Of an operation: no call begins for so long.' },
    reason: { type: 'string', maxLength: 2_000, description: 'Kept in the history.' },
  },
};

const path = (one, verb = '') => `api/limits/${one.scope}s/${encodeURIComponent(one.name)}${verb}`;

export async function limitsScreen({ signal }) {
  const none = el('p', { class: 'panel' }, 'Nothing is limited.');
  const wrong = el('div', {});
  const limits = new Table('Limits', [
    { label: 'Of', cell: (one) => (one.scope === 'type' ? 'operation' : one.scope) },
    { label: 'Name', class: 'name', cell: (one) => (one.scope === 'batch' ? link(one.name, `#/batch/${one.name}`) : one.name === '*' ? 'each tenant' : one.name) },
    { label: 'Limit', class: 'text', cell: (one) => one.limit || 'none' },
    { label: 'From', cell: (one) => (one.scope === 'batch' ? 'its settings' : one.set ? 'set here' : one.declared ? 'the code' : one.scope === 'tenant' ? 'each tenant' : '–') },
    { label: 'Held', class: 'text', cell: (one) => (one.held_until ? ['until ', time(one.held_until), one.held_reason ? `: ${one.held_reason}` : ''] : '–') },
    { label: 'Running', class: 'number', cell: (one) => count(one.calls_running) },
    { label: 'Waiting', class: 'number', cell: (one) => count(one.calls_waiting) },
    { label: 'Action', cell: (one) => el('div', { class: 'actions' },
      one.held_until ? button('Release…', () => steer(one, 'release', 'Release', 'released'), { class: 'small', 'aria-label': `Release ${one.name}` }) : null,
      one.set && one.scope !== 'batch' ? button('Reset…', () => steer(one, 'reset', 'Reset', 'reset'), { class: 'small', 'aria-label': `Reset ${one.name}` }) : null) },
  ], { id: (one) => `${one.scope}/${one.name}` });
  const form = el('form', { onsubmit: (event) => (event.preventDefault(), set()) }, el('div', { class: 'grid' }, controls(FORM, '')),
    wrong, el('div', { class: 'actions' }, el('button', { type: 'submit', class: 'main' }, 'Save the limit')));

  async function load() {
    const { limits: all } = await get('api/limits', {}, signal);
    limits.set(all);
    limits.node.hidden = !all.length;
    none.hidden = all.length > 0;
  }

  const steer = (one, verb, yes, done) => ask(`${yes} ${one.name}?`, { yes, done, action: async (body) => {
    await post(path(one, `/${verb}`), body);
    await load();
    return `${one.name} was ${done}`;
  } });

  const set = () => save(form, wrong, async ({ of, name, limit, hold_minutes: minutes, ...body }) => {
    const one = { scope: of === 'tenant' ? 'tenant' : 'type', name };
    if (limit !== undefined || minutes === undefined) await put(path(one), { ...body, limit: limit ?? '' });
    if (minutes !== undefined) await post(path(one, '/hold'), { ...body, seconds: 60 * minutes });
    say(`${name} was limited`);
    await load();
  });

  await load();
  return {
    title: 'Limits',
    node: el('section', {}, heading(1, 'Limits'), none, limits.node, el('details', {}, el('summary', {}, 'Set a limit, or hold an operation'), form)),
    refresh: load,
  };
}
