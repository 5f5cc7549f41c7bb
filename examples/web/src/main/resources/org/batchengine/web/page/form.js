/** A form made from the description of an object, and the errors that the service finds in it. */
import { el, field, select, show } from './dom.js';
import { count } from './format.js';

const STEPS = [...Array(10).keys()].map(String);

/** Controls for the properties of a schema, each named by its path. */
export function controls(schema, prefix) {
  return Object.entries(schema.properties ?? {}).map(([name, one]) => {
    const isRequired = schema.required?.includes(name);
    const made = control(one, `${prefix}${name}`, isRequired);
    return field(label(name) + (isRequired ? ' *' : ''), made, hint(one));
  });
}

/** retryAttempts becomes Retry attempts. */
const label = (name) => name.replace(/[_-]/g, ' ').replace(/([a-z])([A-Z])/g, (all, a, b) => `${a} ${b.toLowerCase()}`).replace(/^./, (c) => c.toUpperCase());

function hint({ description, minimum, maximum }) {
  const isBounded = minimum !== undefined && maximum !== undefined && Math.abs(minimum) < 1e15 && Math.abs(maximum) < 1e15;
  return [description, isBounded ? `${count(minimum)} to ${count(maximum)}` : null].filter(Boolean).join(' ') || null;
}

function control(schema, name, required) {
  const value = schema.default === undefined ? null : String(schema.default);
  if (schema.enum) return select([['', '–'], ...schema.enum.map((one) => [String(one), String(one)])], value ?? '', () => {}, { name, required, 'data-kind': 'text' });
  if (schema.oneOf) return select([['', 'default'], ['low', 'low'], ['normal', 'normal'], ['high', 'high'], ...STEPS.map((step) => [step, step])], '', () => {}, { name, 'data-kind': 'guess' });
  switch (schema.type) {
    case 'boolean':
      return el('input', { type: 'checkbox', name, 'data-kind': 'flag', checked: schema.default === true });
    case 'integer':
    case 'number':
      return el('input', { type: 'number', name, required, value, 'data-kind': 'number', step: schema.type === 'integer' ? 1 : 'any', min: schema.minimum, max: schema.maximum });
    case 'array':
      return el('textarea', { name, required, rows: 3, 'data-kind': 'lines', placeholder: 'one a line' });
    default:
      return schema.format === 'date-time' ? el('input', { type: 'datetime-local', name, required, step: 1, 'data-kind': 'instant' })
        : el('input', { type: 'text', name, required, value, maxlength: schema.maxLength, 'data-kind': 'text', autocomplete: 'off' });
  }
}

const READERS = {
  text: (control) => control.value || undefined,
  guess: (control) => (control.value === '' ? undefined : /^\d+$/.test(control.value) ? Number(control.value) : control.value),
  flag: (control) => control.checked || undefined,
  number: (control) => (control.value === '' ? undefined : Number(control.value)),
  lines: (control) => (control.value.trim() ? control.value.trim().split(/\r?\n/) : undefined),
  instant: (control) => (control.value ? new Date(control.value).toISOString() : undefined),
};

/** What was entered, as an object: a.b is member b of a. What is empty is left out. */
export function values(form) {
  const all = {};
  form.querySelectorAll('[data-kind]').forEach((control) => {
    const value = READERS[control.dataset.kind](control);
    if (value === undefined) return;
    const path = control.name.split('.');
    const last = path.pop();
    path.reduce((object, name) => (object[name] ??= {}), all)[last] = value;
  });
  return all;
}

/** Writes each error below its control; returns those that have none. */
export function mark(form, errors) {
  form.querySelectorAll('.wrong.at').forEach((node) => node.remove());
  form.querySelectorAll('[aria-invalid]').forEach((control) => {
    control.removeAttribute('aria-invalid');
    control.removeAttribute('aria-describedby');
  });
  const rest = errors.filter(({ path, message }, i) => {
    const control = [...form.elements].find((one) => one.name === path);
    if (!control) return true;
    control.setAttribute('aria-invalid', 'true');
    control.setAttribute('aria-describedby', `wrong-${i}`);
    control.closest('details')?.setAttribute('open', '');
    control.after(el('span', { class: 'wrong at', id: `wrong-${i}` }, message));
    return false;
  });
  form.querySelector('[aria-invalid]')?.focus();
  return rest;
}

/** Saves what was entered; what is wrong with it is shown at its controls, and the rest below. */
export async function save(form, wrong, action) {
  try {
    await action(values(form));
    mark(form, []);
    show(wrong);
  } catch (e) {
    const rest = mark(form, e.errors ?? []);
    show(wrong, rest.length || !e.errors?.length ? el('p', { class: 'wrong', role: 'alert' }, rest[0]?.message ?? e.message) : null);
  }
}
