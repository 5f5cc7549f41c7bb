/** Asks before something is done, and why. */
import { button, el, field, heading, say } from './dom.js';
import { hasKeys, setKeys } from './preferences.js';
import { visitorName } from './api.js';

function open(title, content, buttons) {
  const head = heading(2, title, { id: 'dialog-title' });
  const dialog = el('dialog', { 'aria-labelledby': 'dialog-title', onclose: () => dialog.remove() },
    el('form', { method: 'dialog' }, head, content, el('div', { class: 'actions' }, buttons)));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Asks for a reason, then does it.
 *
 * @param done the placeholder, such as "cancelled", before "by alice"
 * @param action gets {reason, ...what the extra controls say} and returns what to say at the end
 */
export function ask(title, { yes, done, text, danger = false, extra = null, action }) {
  const reason = el('input', { name: 'reason', maxlength: 2_000, placeholder: `${done} by ${visitorName() || 'you'}`, autocomplete: 'off' });
  const force = extra ? el('input', { type: 'checkbox', name: extra.name }) : null;
  const trouble = el('p', { class: 'wrong', role: 'alert' });
  const sure = el('button', { type: 'submit', class: danger ? 'danger' : 'main' }, yes);
  const dialog = open(title, [
    text ? el('p', {}, text) : null,
    done ? field('Reason', reason, 'Kept in the history.') : null,
    extra ? el('label', { class: 'check' }, force, ` ${extra.label}`) : null,
    trouble,
  ], [sure, button('Back', () => dialog.close())]);
  dialog.firstChild.addEventListener('submit', async (event) => {
    event.preventDefault();
    sure.disabled = true;
    try {
      const body = reason.value.trim() ? { reason: reason.value.trim() } : {};
      if (force?.checked) body[extra.name] = true;
      say(await action(body));
      dialog.close();
    } catch (e) {
      trouble.textContent = e.message;
      sure.disabled = false;
    }
  });
  (done ? reason : sure).focus();
}

const KEYS = [
  ['/', 'to the filter'], ['j  k', 'next row, previous row'], ['Enter', 'open the row'], ['x', 'choose the row'], ['g b', 'all batches'], ['g n', 'nodes'],
  ['p', 'pause or go on with live rows'], ['t', 'theme: system, light, dark'], ['?', 'this list'],
];

export function help() {
  if (document.querySelector('dialog[open]')) return;
  const box = el('input', { type: 'checkbox', checked: hasKeys(), onchange: () => setKeys(box.checked) });
  const dialog = open('Keys', [
    el('dl', { class: 'keys' }, KEYS.map(([keys, what]) => el('div', {}, el('dt', {}, keys.split(' ').filter(Boolean).map((key) => [el('kbd', {}, key), ' '])), el('dd', {}, what)))),
    el('label', { class: 'check' }, box, ' Keys are on'),
  ], [button('Back', () => dialog.close(), { class: 'main' })]);
  dialog.querySelector('.main').focus();
}

/** The form for a token, where nobody is known. */
export function signIn(take) {
  const token = el('input', { type: 'password', name: 'token', required: true, autocomplete: 'current-password' });
  const form = el('form', {
    class: 'panel',
    onsubmit: (event) => {
      event.preventDefault();
      take(token.value.trim());
    },
  }, heading(1, 'Who are you?'), el('p', {}, 'The service printed an address with a token when it first started. Open that, or enter your token here.'),
  el('input', { name: 'username', autocomplete: 'username', value: 'token', hidden: true }), // for keepers of passwords
  field('Token', token), el('div', { class: 'actions' }, el('button', { type: 'submit', class: 'main' }, 'Enter')));
  return form;
}
