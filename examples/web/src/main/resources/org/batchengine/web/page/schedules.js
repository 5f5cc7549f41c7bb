/** Schedules, what they have fired, and the templates that they submit. */
import { get, may, ownTenant, post, put as store, remove } from './api.js';
import { ask } from './dialog.js';
import { button, el, heading, link, say, show } from './dom.js';
import { controls, save } from './form.js';
import { count, seconds, state, time } from './format.js';
import { Table } from './table.js';

const FORM = {
  required: ['name'],
  properties: {
    name: { type: 'string', maxLength: 100 },
    template: { type: 'string', maxLength: 100, description: 'What it submits; empty for a schedule of code.' },
    cron: { type: 'string', maxLength: 200, description: 'Minute, hour, day, month, weekday: 0 3 * * 1-5. Or else:' },
    every_seconds: { type: 'integer' },
    zone: { type: 'string', description: 'Such as Europe/Berlin; UTC if empty.' },
    on_missed: { enum: ['one', 'all', 'skip'], default: 'one', description: 'What was missed while nobody ran.' },
    on_overlap: { enum: ['skip', 'queue', 'allow'], default: 'skip', description: 'When the last batch has not ended.' },
  },
};

const TENANT = { tenant: { type: 'string', maxLength: 100, description: 'The default one if empty.' } };

const at = (one) => `${encodeURIComponent(one.name ?? one.template)}${ownTenant() ? '' : `?tenant=${encodeURIComponent(one.tenant)}`}`;
const path = (one, verb = '') => at(one).replace(/(\?|$)/, `${verb}$1`);

export async function schedulesScreen({ signal }) {
  const none = el('p', { class: 'panel' }, 'No schedule yet.');
  const wrong = el('div', {});
  const fired = el('div', {});
  const schedules = new Table('Schedules', [
    { label: 'Name', class: 'name', cell: (one) => button(one.name, () => fires(one), { class: 'small', title: 'What it has fired' }) },
    { label: 'When', class: 'text', cell: (one) => (one.cron ? `${one.cron}, ${one.zone}` : `every ${seconds(one.every_seconds)}`) },
    { label: 'Submits', cell: (one) => one.template ?? 'code of the application' },
    { label: 'Next', cell: (one) => (one.next_at && !one.paused ? time(one.next_at) : '–') },
    { label: 'State', cell: (one) => state(one.paused ? 'paused' : 'running') },
    { label: 'Tenant', cell: (one) => one.tenant },
    ...(may('STEER') ? [{ label: 'Action', cell: (one) => el('div', { class: 'actions' },
      may('SUBMIT') ? button('Fire now…', () => steer(one, 'fire', 'Fire', 'fired'), { class: 'small', 'aria-label': `Fire ${one.name} now` }) : null,
      one.paused ? button('Resume…', () => steer(one, 'resume', 'Resume', 'resumed'), { class: 'small', 'aria-label': `Resume ${one.name}` })
        : button('Pause…', () => steer(one, 'pause', 'Pause', 'paused'), { class: 'small', 'aria-label': `Pause ${one.name}` }),
      button('Remove…', () => drop('schedules', one), { class: 'small', 'aria-label': `Remove ${one.name}` })) }] : []),
  ], { id: (one) => `${one.tenant}/${one.name}` });
  const templates = new Table('Templates', [
    { label: 'Name', class: 'name', cell: (one) => one.template },
    { label: 'Operation', cell: (one) => one.operation },
    { label: 'Items', class: 'number', cell: (one) => count(one.items) },
    { label: 'Changed', cell: (one) => time(one.changed_at) },
    { label: 'Tenant', cell: (one) => one.tenant },
    ...(may('SUBMIT') ? [{ label: 'Action', cell: (one) => button('Remove…', () => drop('templates', one), { class: 'small', 'aria-label': `Remove template ${one.template}` }) }] : []),
  ], { id: (one) => `${one.tenant}/${one.template}` });
  const form = el('form', { onsubmit: (event) => (event.preventDefault(), put()) }, el('div', { class: 'grid' }, controls(ownTenant() ? FORM : { ...FORM, properties: { ...FORM.properties, ...TENANT } }, '')),
    wrong, el('div', { class: 'actions' }, el('button', { type: 'submit', class: 'main' }, 'Save the schedule')));

  async function load() {
    const [{ schedules: all }, { templates: kept }] = await Promise.all([get('api/schedules', {}, signal), get('api/templates', {}, signal)]);
    schedules.set(all);
    schedules.node.hidden = !all.length;
    none.hidden = all.length > 0;
    templates.set(kept);
    templates.node.hidden = !kept.length;
  }

  async function fires(one) {
    const { fires: all } = await get(`api/schedules/${path(one, '/fires')}`, {}, signal);
    show(fired, heading(2, `Fires of ${one.name}`), all.length ? el('ul', {}, all.map((fire) => el('li', {}, time(fire.at), ` ${fire.status} `,
      fire.batch_id ? link('the batch', `#/batch/${fire.batch_id}`) : '', fire.reason ? ` ${fire.reason}` : ''))) : el('p', {}, 'None yet.'));
  }

  const steer = (one, verb, yes, done) => ask(`${yes} ${one.name}?`, { yes, done, action: async (body) => {
    await post(`api/schedules/${path(one, `/${verb}`)}`, body);
    await load();
    return `${one.name} was ${done}`;
  } });

  const drop = (kind, one) => ask(`Remove ${one.name ?? one.template}?`, { yes: 'Remove', danger: true, text: 'Batches that were submitted stay.', action: async () => {
    await remove(`api/${kind}/${path(one)}`);
    await load();
    return 'Removed';
  } });

  const put = () => save(form, wrong, async ({ name, tenant = 'default', ...body }) => {
    await store(`api/schedules/${path({ name, tenant })}`, body);
    say(`${name} was saved`);
    await load();
  });

  await load();
  return {
    title: 'Schedules',
    node: el('section', {}, heading(1, 'Schedules'), none, schedules.node, fired, heading(2, 'Templates'),
      el('p', { class: 'quiet' }, 'A template keeps a request for a batch: PUT api/templates/{name}, with the JSON that creates one.'), templates.node,
      may('SUBMIT') ? el('details', {}, el('summary', {}, 'New schedule'), form) : null),
    refresh: load,
  };
}
