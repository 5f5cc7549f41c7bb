/** Charts: each is a picture with a text for those who do not see it, and a table of the same figures. */
import { el, link, show, svg } from './dom.js';
import { clockText, count, percent, timeText } from './format.js';

const HEIGHT = 190;
const LEFT = 52;
const TOP = 18;
const BOTTOM = 24;

/**
 * A figure that draws itself anew at its width; not while a pointer rests on it.
 *
 * @param draw gets the data and the width, and returns {picture, text, head, rows}
 */
export function chart(title, draw) {
  const picture = el('div', { class: 'picture' });
  const table = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${title}, as a table` });
  const node = el('figure', { class: 'chart' }, el('figcaption', {}, title), picture,
    el('details', {}, el('summary', {}, 'As a table'), table));
  let data = null;
  let width = 0;
  let isOld = false;
  const paint = () => {
    if (!data || width < 50) return;
    isOld = false;
    const drawn = draw(data, width);
    if (!drawn) {
      node.classList.add('bare');
      return show(picture, el('p', { class: 'quiet' }, 'Nothing yet.'));
    }
    node.classList.remove('bare');
    if (drawn.picture instanceof SVGElement) {
      drawn.picture.setAttribute('role', 'img');
      drawn.picture.setAttribute('aria-label', `${title}: ${drawn.text}`);
    }
    show(picture, drawn.picture);
    show(table, el('table', {}, el('thead', {}, el('tr', {}, drawn.head.map((h) => el('th', { scope: 'col' }, h)))),
      el('tbody', {}, drawn.rows.map((row) => el('tr', {}, row.map((cell) => el('td', {}, cell)))))));
  };
  new ResizeObserver(([entry]) => {
    if (Math.abs(entry.contentRect.width - width) < 1) return;
    width = entry.contentRect.width;
    paint();
  }).observe(picture);
  picture.addEventListener('pointerleave', () => isOld && paint());
  const rezone = () => (node.isConnected ? paint() : document.removeEventListener('zone', rezone));
  document.addEventListener('zone', rezone);
  return {
    node,
    set(next) {
      const isSame = JSON.stringify(next) === JSON.stringify(data);
      data = next;
      isOld ||= !isSame;
      if (isOld && !(picture.matches(':hover') && picture.firstChild)) paint();
    },
  };
}

/** A round number at or above n, to end an axis with. */
function roof(n) {
  const size = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 2.5, 5, 10].map((step) => step * size).find((top) => top >= n);
}

const short = (n) => (n >= 1e6 ? `${+(n / 1e6).toFixed(1)} M` : n >= 1e4 ? `${+(n / 1e3).toFixed(1)} k` : count(+n.toFixed(1)));

function frame(width, top, bottom = 0) {
  const bare = HEIGHT - TOP - BOTTOM;
  const y = (value) => TOP + bare * (1 - (value - bottom) / (top - bottom));
  const isTight = bottom < 0 && y(bottom) - y(0) < 14; // their labels would lie on each other
  const lines = (bottom < 0 ? [bottom, 0, top] : [0, top / 2, top]).map((value) => svg('g', {},
    svg('line', { class: 'rule', x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
    value < 0 && isTight ? null : svg('text', { class: 'end', x: LEFT - 6, y: y(value) + 4 }, short(Math.abs(value)))));
  const picture = svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT }, lines);
  return { picture, y };
}

function times(picture, width, from, to) {
  const label = (ms) => (to - from < 86_400_000 ? clockText(ms) : timeText(new Date(ms).toISOString()));
  picture.append(svg('text', { x: LEFT, y: HEIGHT - 6 }, label(from)), svg('text', { class: 'end', x: width - 2, y: HEIGHT - 6 }, label(to)));
}

/**
 * Lines over time, such as {from, to, points: [{at, values}], names, limit}.
 *
 * @param names of the series; they are classes too
 */
export function lines(data, width) {
  if (data.points.length < 2) return null;
  const from = data.points[0].at;
  const to = Math.max(data.points.at(-1).at, from + 1);
  const top = roof(Math.max(data.limit ?? 0, ...data.points.map((point) => Math.max(...point.values))));
  const { picture, y } = frame(width, top);
  const x = (at) => LEFT + ((width - LEFT) * (at - from)) / (to - from);
  if (data.limit) picture.append(svg('line', { class: 'limit', x1: LEFT, x2: width, y1: y(data.limit), y2: y(data.limit) }));
  data.names.forEach((name, i) => {
    const path = data.points.map((point) => `${x(point.at).toFixed(1)},${y(point.values[i]).toFixed(1)}`).join(' ');
    if (i === 0) picture.append(svg('polygon', { class: `area s${i}`, points: `${LEFT},${y(0)} ${path} ${x(to)},${y(0)}` }));
    picture.append(svg('polyline', { class: `line s${i}`, points: path }));
  });
  legend(picture, data.names, width);
  times(picture, width, from, to);
  const last = data.points.at(-1);
  return {
    picture,
    text: data.names.map((name, i) => `${name} ${count(last.values[i])}`).join(', '),
    head: ['At', ...data.names],
    rows: data.points.map((point) => [timeText(new Date(point.at).toISOString()), ...point.values.map(count)]),
  };
}

/** Bars over time, the second series below the line. */
export function updown(data, width) {
  if (!data.points.length) return null;
  const top = roof(Math.max(...data.points.map((point) => point.values[0])));
  const below = Math.max(...data.points.map((point) => point.values[1]));
  const { picture, y } = frame(width, top, below ? -roof(below) : 0);
  const step = (width - LEFT) / data.points.length;
  data.points.forEach((point, i) => {
    const bar = (name, a, b) => svg('rect', { class: `bar ${name}`, x: (LEFT + i * step).toFixed(1), width: Math.max(step - (step > 3 ? 1 : 0), 0.5).toFixed(1), y: y(a).toFixed(1), height: Math.max(0, y(b) - y(a)).toFixed(1) });
    picture.append(bar('s0', point.values[0], 0), bar('s1', 0, -point.values[1]));
  });
  legend(picture, data.names, width);
  times(picture, width, data.points[0].at, data.points.at(-1).at);
  return {
    picture,
    text: `at most ${short(Math.max(...data.points.map((point) => point.values[0])))} ${data.names[0]}, ${short(below)} ${data.names[1]}`,
    head: ['At', ...data.names],
    rows: data.points.map((point) => [timeText(new Date(point.at).toISOString()), ...point.values.map((value) => short(value))]),
  };
}

function legend(picture, names, width) {
  let x = width - names.reduce((sum, name) => sum + name.length * 7 + 26, 0);
  names.forEach((name, i) => {
    picture.append(svg('rect', { class: `bar s${i}`, x, y: 2, width: 10, height: 10 }), svg('text', { x: x + 14, y: 11 }, name));
    x += name.length * 7 + 26;
  });
}

/** Columns side by side, such as {bars: [{label, count}], marks: [{label, at}], name}; a mark stands at a place among the bars. */
export function columns(data, width) {
  if (!data.bars.some((bar) => bar.count > 0)) return null;
  const { picture, y } = frame(width, roof(Math.max(...data.bars.map((bar) => bar.count))));
  const step = (width - LEFT) / data.bars.length;
  const every = Math.ceil(62 / step);
  data.bars.forEach((bar, i) => {
    const x = LEFT + i * step;
    picture.append(svg('rect', { class: 'bar s0', x: x + 1, width: Math.max(1, step - 2), y: y(bar.count), height: Math.max(0, y(0) - y(bar.count)) },
      svg('title', {}, `${bar.label}: ${count(bar.count)}`)));
    const isOut = x + step / 2 + bar.label.length * 3.5 > width;
    if (i % every === 0) picture.append(svg('text', { class: isOut ? 'end' : 'middle', x: isOut ? width : x + step / 2, y: HEIGHT - 6 }, bar.label));
  });
  (data.marks ?? []).forEach((mark, row) => {
    const x = LEFT + mark.at * step;
    const right = x + mark.label.length * 6.5 + 6 > width;
    picture.append(svg('line', { class: 'mark', x1: x, x2: x, y1: TOP - 4 + row * 12, y2: y(0) }),
      svg('text', { class: right ? 'end' : null, x: right ? x - 3 : x + 3, y: TOP + 4 + row * 12 }, mark.label));
  });
  return {
    picture,
    text: [...(data.marks ?? []).map((mark) => mark.label), ...data.bars.filter((bar) => bar.count).map((bar) => `${bar.label}: ${count(bar.count)}`)].join(', '),
    head: [data.name, 'Items', 'Share'],
    rows: data.bars.filter((bar) => bar.count).map((bar) => [bar.label, count(bar.count), percent(bar.percentage)]),
  };
}

/** Bars below each other, each with its number and, if it has one, a link. */
export function bars(data) {
  if (!data.bars.length) return null;
  const most = Math.max(...data.bars.map((bar) => bar.count));
  return {
    picture: el('ul', { class: 'bars' }, data.bars.map((bar) => el('li', {},
      bar.href ? link(bar.label, bar.href, { class: 'clip', title: bar.label }) : el('span', { class: 'clip' }, bar.label),
      svg('svg', { class: 'hbar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        svg('rect', { class: `bar ${data.kind ?? 's0'}`, width: Math.max(0.5, (100 * bar.count) / most), height: 10 })),
      el('span', { class: 'number' }, `${count(bar.count)} · ${percent(bar.percentage)}`)))),
    text: '',
    head: [data.name, 'Items', 'Share'],
    rows: data.bars.map((bar) => [bar.label, count(bar.count), percent(bar.percentage)]),
  };
}

/** A small line without axes; its last value is written beside it. */
export function spark(values) {
  const top = Math.max(...values, 1e-9);
  const points = values.map((value, i) => `${((100 * i) / Math.max(1, values.length - 1)).toFixed(1)},${(22 - (20 * value) / top).toFixed(1)}`).join(' ');
  return svg('svg', { class: 'spark', viewBox: '0 0 100 24', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('polyline', { class: 'line s0', points }));
}
