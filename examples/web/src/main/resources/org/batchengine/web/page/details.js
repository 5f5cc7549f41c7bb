/** How a batch was asked for. */
import { may } from './api.js';
import { block, button, copy, el, facts, heading, link } from './dom.js';
import { count, isEnded, seconds, time } from './format.js';
import { drop } from './steer.js';

const SHOWN = { idempotency_key: 'Idempotency key', notifies: 'Tells at its end', error: 'Error of the batch' };
const TIMES = { created_at: 'Created', start_at: 'Not before', started_at: 'Started', reopened_at: 'Reopened', deadline_at: 'Deadline', completed_at: 'Ended' };

export async function detailsTab({ id, batch, go }) {
  const node = el('section', {});
  function load() {
    const one = batch();
    node.replaceChildren(heading(2, 'Settings', { class: 'aside' }),
      facts([
        ['Id', el('span', {}, el('code', {}, id), ' ', button('Copy', () => copy(id), { class: 'small' }))],
        ['Description', one.description], ['Operation', one.operation], ['Tenant', one.tenant], ['Owner', one.submitted_by], ['Made from', one.filled_from ? link(one.filled_from, `#/batch/${one.filled_from}`) : ''], ['Priority', `${one.priority} of 9`], ['Run', count(one.run)], ['Retries so far', count(one.retries)],
        ...Object.entries(SHOWN).map(([name, label]) => [label, one[name]]), ...Object.entries(TIMES).map(([name, label]) => [label, one[name] ? time(one[name]) : '']),
        ['Took', seconds(one.wall_time_seconds)], ['Time in items', seconds(one.item_time_seconds)],
      ]),
      ...(one.metadata && one.metadata !== '{}' ? [heading(3, 'As it was asked for'), block(one.metadata)] : []),
      may('STEER') && isEnded(one.status) ? button('Delete the batch…', () => drop(one, () => go('/')), { class: 'danger' }) : '');
  }
  load();
  return { node, refresh: load };
}
