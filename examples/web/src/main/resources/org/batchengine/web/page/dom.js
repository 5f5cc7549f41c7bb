/** Elements are made here, never parsed: text stays text. */

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element. Functions become listeners, true an attribute without a value, false and null none. */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const button = (label, onclick, props = {}) => el('button', { type: 'button', onclick, ...props }, label);

export const link = (label, href, props = {}) => el('a', { href, ...props }, label);

/** Replaces the children. */
export function show(node, ...children) {
  node.replaceChildren(...children.flat(3).filter(Boolean));
  return node;
}

/** Replaces the children only if they differ, so that nothing flickers and a selection stays. */
export function patch(node, ...children) {
  const fresh = children.flat(3).filter(Boolean);
  const old = [...node.childNodes];
  if (old.length !== fresh.length) return node.replaceChildren(...fresh);
  fresh.forEach((child, i) => {
    if (typeof child === 'string' ? old[i].data !== child : !old[i].isEqualNode(child)) old[i].replaceWith(child);
  });
}

/** Says it to those who do not see it, and shows it for a while. */
export function say(text) {
  const said = document.getElementById('said');
  said.textContent = text;
  said.classList.remove('hidden');
  clearTimeout(say.timer);
  say.timer = setTimeout(() => said.classList.add('hidden'), 6_000);
}

/** Copies, also where there is no clipboard, as on plain http. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el('textarea', { class: 'aside', readonly: true });
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say('Copied');
}

/** Text as it is, with a button that copies it. */
export function block(text, label = 'Copy') {
  return el('div', { class: 'block' }, el('pre', { tabindex: 0 }, text), button(label, () => copy(text)));
}

/** A labelled control. */
export function field(label, control, hint) {
  return el('label', { class: 'field' }, el('span', {}, label), control, hint ? el('small', {}, hint) : null);
}

export function select(choices, value, onchange, props = {}) {
  const control = el('select', { onchange: () => onchange(control.value), ...props },
    choices.map(([key, label]) => el('option', { value: key, selected: key === value }, label)));
  return control;
}

/** A list of terms and values; those without a value are left out. */
export function facts(pairs, props = {}) {
  return el('dl', { class: 'facts', ...props }, pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== false)
    .map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value instanceof Node ? value : String(value)))));
}

export const heading = (level, text, props = {}) => el(`h${level}`, { tabindex: -1, ...props }, text);
