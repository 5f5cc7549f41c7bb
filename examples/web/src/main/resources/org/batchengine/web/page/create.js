/** A new batch: an operation, what it works on, and how it runs. */
import { get, post } from './api.js';
import { button, el, field, heading, say, select, show } from './dom.js';
import { count, plural, title } from './format.js';
import { controls, mark, values } from './form.js';

const COMMON = {
  properties: {
    startAt: { type: 'string', format: 'date-time', description: 'Not before; at once if empty.' },
    deadlineSeconds: { type: 'integer', description: 'It fails if it is not done by then.' },
    after: { type: 'array', description: 'Ids of batches that must have completed before.' },
    afterEnd: { type: 'array', description: 'Ids of batches that must have ended, however.' },
    waitForRetry: { type: 'boolean', description: 'Waits on if one of them fails.' },
    tolerateFailureRate: { type: 'number', description: 'It fails as a whole beyond this share, 0 to 1.' },
  },
};
const MOST_CHECKED = 256 * 1024; // of a file

export async function createScreen({ query, signal, go }) {
  const { operations } = await get('api/batch/operations', {}, signal);
  let operation = operations.find((one) => one.operation === query.get('operation')) ?? operations[0];
  let source = null;
  let key = random();
  const fields = el('div', {});
  const what = el('div', {});
  const answer = el('div', { role: 'region', 'aria-label': 'What would be created', 'aria-live': 'polite' });
  const form = el('form', { class: 'create', novalidate: true, oninput: () => (key = random()), onsubmit: (event) => (event.preventDefault(), submit()) },
    field('Operation', select(operations.map((one) => [one.operation, one.label]), operation?.operation, choose)), fields,
    el('div', { class: 'actions' }, el('button', { type: 'submit', class: 'main' }, 'Create the batch'), button('Check first', check)), answer);

  function choose(name) {
    operation = operations.find((one) => one.operation === name);
    const sources = [operation.findsItems ? ['found', 'found by the operation'] : null, ['typed', 'entered here'], ['file', 'a file: CSV or JSON Lines']].filter(Boolean);
    source = sources[0][0];
    show(answer);
    show(fields, operation.description ? el('p', {}, operation.description) : null,
      field('Name', el('input', { name: 'name', maxlength: 200, 'data-kind': 'text', autocomplete: 'off' })),
      field('Description', el('input', { name: 'description', maxlength: 2_000, 'data-kind': 'text', autocomplete: 'off' })),
      field('Items are', select(sources, source, (value) => {
        source = value;
        from();
      })), what);
    from();
  }

  /** The controls that the source of the items has: with a file, the address takes nothing but names. */
  function from() {
    const options = el('details', {}, el('summary', {}, 'Options'), el('div', { class: 'grid' }, controls(operation.options, 'options.'), controls(COMMON, '')));
    const filters = Object.keys(operation.filters.properties ?? {}).length ? el('fieldset', {}, el('legend', {}, 'What it works on'), el('div', { class: 'grid' }, controls(operation.filters, 'filters.'))) : null;
    const parts = {
      found: () => [filters, options],
      typed: () => [field('Items', el('textarea', { name: 'items', rows: 6, spellcheck: 'false' }), 'A JSON array, or an item a line: JSON or plain text.'), options],
      file: () => [field('File', el('input', { type: 'file', name: 'file', accept: '.csv,.jsonl,.ndjson' }), 'It is streamed: it may have millions of lines.')],
    };
    show(what, parts[source]());
  }

  /** The request, or null if something is missing. */
  async function request(isCheck) {
    const entered = { operation: operation.operation, ...values(form) };
    if (source === 'file') {
      const file = form.elements.file.files[0];
      if (!file) return missing('file', 'choose a file');
      const type = /\.csv$/i.test(file.name) ? 'text/csv' : 'application/x-ndjson';
      const { operation: name1, name = file.name, description } = entered;
      return { body: isCheck ? await start(file) : file, type, parameters: { operation: name1, name, description } };
    }
    if (source === 'found') return { body: entered };
    const text = form.elements.items.value.trim();
    if (!text) return missing('items', 'enter at least one item');
    return { body: `${JSON.stringify(entered).slice(0, -1)},"items":${array(text)}}` };
  }

  function missing(path, message) {
    mark(form, [{ path, message }]);
    return null;
  }

  async function start(file) {
    if (file.size <= MOST_CHECKED) return file;
    const text = await file.slice(0, MOST_CHECKED).text();
    return new Blob([text.slice(0, text.lastIndexOf('\n') + 1)]);
  }

  async function check() {
    await attempt(true, async (wanted) => {
      const checked = await post('api/batch/validate', wanted.body, wanted);
      if (!checked.valid) return wrong(checked.errors ?? []);
      wrong([]);
      const isPart = source === 'file' && form.elements.file.files[0].size > MOST_CHECKED;
      show(answer, el('div', { class: 'panel' }, el('h2', {}, `${plural(checked.total_items, 'item')}${checked.total_items >= 10_000 ? ' or more' : ''}${isPart ? ' at the beginning of the file' : ''}`),
        el('p', {}, `The first ${count(checked.sample.length)}:`), el('ol', { class: 'sample' }, checked.sample.map((one) => el('li', {}, one.key ? el('b', {}, `${one.key}: `) : null, el('code', {}, typeof one.input === 'string' ? one.input : JSON.stringify(one.input)))))));
    });
  }

  async function submit() {
    await attempt(false, async (wanted) => {
      const { batch } = await post('api/batch/create', wanted.body, { ...wanted, headers: { 'Idempotency-Key': key } });
      say(`${title(batch)} was created`);
      go(`/batch/${batch.id}`);
    });
  }

  async function attempt(isCheck, act) {
    const buttons = form.querySelectorAll('.actions button');
    const wanted = await request(isCheck);
    if (!wanted) return;
    buttons.forEach((one) => (one.disabled = true));
    try {
      await act(wanted);
    } catch (e) {
      wrong(e.errors?.length ? e.errors : [{ path: '', message: e.message }]);
    } finally {
      buttons.forEach((one) => (one.disabled = false));
    }
  }

  function wrong(errors) {
    const rest = mark(form, errors);
    show(answer, rest.length ? el('ul', { class: 'wrong', role: 'alert' }, rest.slice(0, 20).map(({ path, message }) => el('li', {}, path ? `${path} ${message}` : message)), rest.length > 20 ? el('li', {}, `and ${count(rest.length - 20)} more`) : null) : null);
  }

  if (operation) choose(operation.operation);
  return {
    title: 'New batch',
    node: el('section', {}, heading(1, 'New batch'), operation ? form : el('p', { class: 'panel' }, 'This service lets no operation be created by HTTP.')),
  };
}

/** Items as JSON, as they were entered: numbers are not read and printed again. */
function array(text) {
  if (text.startsWith('[')) {
    try {
      JSON.parse(text);
      return text;
    } catch {
      // lines, then
    }
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const isJson = lines.every((line) => {
    try {
      JSON.parse(line);
      return true;
    } catch {
      return false;
    }
  });
  return `[${lines.map((line) => (isJson ? line : JSON.stringify(line))).join(',')}]`;
}

/** Also where the browser has no randomUUID, as on plain http. */
const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
