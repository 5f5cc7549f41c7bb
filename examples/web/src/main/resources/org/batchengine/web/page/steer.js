/** What may be done with batches, each after a question and with a reason. */
import { post, remove } from './api.js';
import { ask } from './dialog.js';
import { count, plural, title } from './format.js';

const of = (batches) => (batches.length === 1 ? title(batches[0]) : `${count(batches.length)} batches`);

/** Posts to each batch and tells how many were changed. */
async function each(batches, verb, body, after) {
  const answers = [];
  for (const batch of batches) answers.push(await post(`api/batch/${batch.id}/${verb}`, body));
  await after?.();
  const changed = answers.filter((answer) => answer.changed).length;
  return batches.length === 1 ? answers[0].message : `${count(changed)} of ${count(batches.length)} were changed`;
}

const simple = (verb, word, done) => (batches, after) =>
  ask(`${word} ${of(batches)}?`, { yes: word, done, action: (body) => each(batches, verb, body, after) });

export const pause = simple('pause', 'Pause', 'paused');
export const resume = simple('resume', 'Resume', 'resumed');

export const cancel = (batches, after) => ask(`Cancel ${of(batches)}?`, {
  yes: `Cancel ${batches.length === 1 ? 'the batch' : of(batches)}`,
  done: 'cancelled',
  danger: true,
  text: 'Items that have not begun are not processed any more. Results so far stay.',
  extra: { name: 'force', label: 'Interrupt items that are running' },
  action: (body) => each(batches, 'cancel', body, after),
});

export const retryAll = (batches, after) => {
  const items = batches.reduce((sum, batch) => sum + batch.failed_items, 0);
  ask(`Retry ${plural(items, 'failed item')} of ${of(batches)}?`, {
    yes: `Retry ${count(items)}`,
    done: 'retried',
    action: (body) => each(batches, 'retry', body, after),
  });
};

/**
 * Retries the failed items that a filter of items shows.
 *
 * @param choice of the API: {} for all, or errors, types, keys, indexes
 * @param number how many there are
 */
export const retrySome = (batch, choice, number, after) => ask(`Retry ${plural(number, 'failed item')} of ${title(batch)}?`, {
  yes: `Retry ${count(number)}`,
  done: 'retried',
  action: async (body) => {
    const answer = await post(`api/batch/${batch.id}/retry`, { ...body, ...choice });
    await after?.();
    return answer.changed ? `${plural(answer.items, 'item')} will run again` : answer.message;
  },
});

/** Makes a batch of the failed items, and shows it. */
export const copyFailed = (batch, go) => ask(`New batch of ${plural(batch.failed_items, 'failed item')} of ${title(batch)}?`, {
  yes: 'Create',
  text: 'The items are copied with their latest inputs. This batch stays as it is.',
  action: async () => {
    const made = await post('api/batch/create', { operation: batch.operation, itemsFrom: { batch: batch.id, part: 'inputs' } });
    go(`/batch/${made.batch.id}`);
    return made.message ?? 'created';
  },
});

export const drop = (batch, after) => ask(`Delete ${title(batch)} with all its items?`, {
  yes: 'Delete',
  danger: true,
  text: `${plural(batch.total_items, 'item')}, results and errors are removed. Nothing brings them back.`,
  action: async () => {
    const answer = await remove(`api/batch/${batch.id}`);
    after();
    return answer.message;
  },
});
