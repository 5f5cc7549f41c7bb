/** What went wrong, in words, and the way out. */
import { button, el, heading, link } from './dom.js';

const TITLES = {
  0: 'The service does not answer',
  403: 'This is not yours to see',
  404: 'This is not here',
  503: 'The database does not answer',
};

function text(problem) {
  if (problem.status === 403) return `You may not do this: ${problem.message}. Ask whoever runs the service for the right.`;
  const text = problem.message || problem.title;
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

export function problemPanel(problem, again) {
  return el('section', { class: 'panel problem' }, heading(1, TITLES[problem.status] ?? problem.title ?? 'Something went wrong'),
    el('p', {}, problem.status === undefined ? String(problem) : text(problem)),
    problem.requestId ? el('p', { class: 'quiet' }, `The log has more under request ${problem.requestId}.`) : null,
    el('div', { class: 'actions' }, button('Try again', again, { class: 'main' }), link('All batches', '#/')));
}

/** The same as one line inside a screen. */
export const problemLine = (problem) => el('p', { class: 'wrong', role: 'alert' }, text(problem));
