/** Who did what to a batch, and why. */
import { get } from './api.js';
import { button, el, heading } from './dom.js';
import { duration, time } from './format.js';

const WORDS = {
  submitted: 'submitted', released: 'waits for no other batch any more', started: 'started', paused: 'paused', resumed: 'resumed', changed: 'changed', cancelling: 'being cancelled', given_up: 'given up', reopened: 'failed items reopened', corrected: 'inputs corrected',
  repaired: 'repaired', purged: 'payloads being removed', completed: 'completed', failed: 'failed', cancelled: 'cancelled', deleted: 'deleted',
};

export async function timelineTab({ id, signal }) {
  const list = el('ol', { class: 'timeline' });
  const older = button('More', more, { class: 'older' });
  let after;
  let previous = null;

  async function more() {
    const answer = await get(`api/batch/${id}/events`, { limit: 100, after }, signal);
    answer.events.forEach((event) => {
      list.append(entry(event));
      previous = Date.parse(event.at);
    });
    after = answer.next;
    older.hidden = !after;
  }

  function entry(event) {
    const later = previous === null ? 0 : Date.parse(event.at) - previous;
    return el('li', { class: event.event }, el('b', {}, WORDS[event.event] ?? event.event), ' ', time(event.at), later >= 1_000 ? el('span', { class: 'quiet' }, ` ${duration(later)} later`) : null,
      el('p', {}, [event.actor ? `by ${event.actor}` : null, event.node ? `on ${event.node}` : null, event.run > 1 ? `run ${event.run}` : null].filter(Boolean).join(', '),
        event.reason ? el('q', {}, event.reason) : null));
  }

  async function load() {
    if (after) return;
    const { events } = await get(`api/batch/${id}/events`, { limit: 100 }, signal);
    if (events.length === list.children.length) return;
    list.replaceChildren();
    previous = null;
    await more();
  }

  await more();
  return { node: el('section', {}, heading(2, 'Timeline', { class: 'aside' }), list, older), refresh: load };
}
