/** An item: what went in, what came out, and each attempt that failed. */
import { get, may } from './api.js';
import { block, button, el, facts, field, heading, link } from './dom.js';
import { count, decimal, plural, seconds, state, time } from './format.js';
import { retrySome } from './steer.js';

export async function itemTab({ id, index, batch, signal, refresh }) {
  const node = el('section', {});
  let before = '';

  async function load() {
    const answer = await get(`api/batch/${id}/items/${index}`, {}, signal);
    const text = JSON.stringify(answer);
    if (text === before) return;
    before = text;
    const { item, errors, inputs } = answer;
    const last = batch().total_items - 1;
    node.replaceChildren(heading(2, `#${count(item.index)} ${item.key ?? ''}`),
      el('p', { class: 'steps' }, item.index > 0 ? link('‹ before', `#/batch/${id}/items/${item.index - 1}`) : '', ' ', item.index < last ? link('next ›', `#/batch/${id}/items/${item.index + 1}`) : ''),
      facts([
        ['State', state(item.state)], ['Attempts', count(item.attempts)], ['Retries', count(item.retries)], ['Duration', item.duration_seconds === undefined ? '' : seconds(item.duration_seconds)],
        ['Quality', item.quality === undefined ? '' : decimal(item.quality)], ['Runs again at', item.due_at ? time(item.due_at) : ''], ['Settled', item.settled_at ? time(item.settled_at) : ''],
        ['Reason', item.reason], ...Object.entries(item).filter(([name]) => name.startsWith('measure_') && name !== 'measure_quality').map(([name, value]) => [name.slice(8), String(value)]),
      ]),
      item.state === 'failed' && may('STEER') ? button('Retry this item…', () => retrySome(batch(), { indexes: [item.index] }, 1, refresh)) : '',
      payload('Input', item.input, item.purged), item.state === 'failed' && may('STEER') && may('PAYLOADS') ? correction(item) : '',
      inputs.length > 1 ? el('details', {}, el('summary', {}, plural(inputs.length - 1, 'input') + ' before'), inputs.slice(0, -1).map((one) => [el('p', {}, `until attempt ${inputs[inputs.indexOf(one) + 1].attempt}`), one.input === undefined ? '' : block(one.input)])) : '', payload('Output', item.output, item.purged, item.state === 'succeeded'),
      heading(3, plural(errors.length, 'failed attempt')),
      ...errors.map((error, i) => el('details', { class: 'attempt', open: i === errors.length - 1 },
        el('summary', {}, `Attempt ${error.attempt}, `, time(error.at), `: ${error.type}`),
        el('p', { class: 'message' }, error.message), error.stack ? block(error.stack) : el('p', { class: 'quiet' }, may('PAYLOADS') ? 'No stack was kept.' : 'Stacks need the right PAYLOADS.'))));
  }

  /** Another input for an item that failed: JSON stays as it was typed. */
  function correction(item) {
    const input = el('textarea', { name: 'input', rows: 4 });
    input.value = item.input ?? '';
    return el('details', {}, el('summary', {}, 'Correct the input'), field('Input', input),
      button('Retry with this input…', () => retrySome(batch(), { corrections: [{ index: item.index, input: input.value }] }, 1, refresh)));
  }

  /** The text as it is stored: never parsed and printed again, so that big numbers stay. */
  function payload(name, text, isPurged, isExpected = true) {
    if (text === undefined && !isExpected) return '';
    const why = isPurged ? 'It was removed.' : may('PAYLOADS') ? 'None.' : 'It needs the right PAYLOADS.';
    return el('section', {}, heading(3, name), text === undefined ? el('p', { class: 'quiet' }, why) : block(text));
  }

  await load();
  return { node, refresh: load };
}
