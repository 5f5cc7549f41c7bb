/** How a batch went so far, in charts. */
import { get } from './api.js';
import { bars, chart, columns, lines, updown } from './chart.js';
import { el, facts, heading } from './dom.js';
import { duration, isEnded } from './format.js';

const EVERY_MS = 5_000; // while it runs

export async function overviewTab({ id, batch, signal }) {
  const speed = facts([]);
  const charts = {
    progress: chart('Progress over time', lines),
    settled: chart('Items settled a second', updown),
    durations: chart('Duration of items', columns),
    errors: chart('Errors', bars),
    quality: chart('Quality', columns),
    attempts: chart('Attempts', bars),
  };
  let last = 0;

  async function load() {
    last = Date.now();
    const [{ visualization: viz }, { groups }] = await Promise.all([get(`api/batch/${id}/viz`, {}, signal), get(`api/batch/${id}/errors`, { limit: 10 }, signal)]);
    const { performanceMetrics: metrics } = viz;
    speed.replaceChildren(...facts([
      ['mean', duration(metrics.averageDuration)], ['p50', duration(metrics.p50Duration)], ['p95', duration(metrics.p95Duration)], ['p99', duration(metrics.p99Duration)],
      ['rate of success', `${(viz.overview.successRate * 100).toFixed(1)} %`],
    ]).children);
    charts.progress.set({ names: ['done', 'failed'], limit: viz.overview.total, points: sums(viz, batch()) });
    charts.settled.set({ names: ['settled', 'failed'], points: rates(viz) });
    charts.durations.set(histogram(viz.durationHistogram, metrics));
    charts.errors.set({ name: 'Error', kind: 's1', bars: groups.map((group) => ({ label: `${group.type}: ${group.sample}`, count: group.count, percentage: group.percentage, href: `#/batch/${id}/items?state=failed&error=${encodeURIComponent(group.fingerprint)}` })) });
    charts.quality.set({ name: 'Quality', bars: viz.qualityDistribution.map((bar) => ({ ...bar, label: bar.range })).reverse() });
    const tried = viz.attempts.reduce((sum, one) => sum + one.items, 0);
    charts.attempts.set({ name: 'Attempts', bars: viz.attempts.map((one) => ({ label: one.attempts === 1 ? '1 attempt' : `${one.attempts} attempts`, count: one.items, percentage: (100 * one.items) / tried })) });
  }

  const filling = load();
  filling.catch(() => {}); // shown below, or asked again
  return {
    node: el('section', {}, heading(2, 'Overview', { class: 'aside' }), speed, el('div', { class: 'charts' }, Object.values(charts).map((one) => one.node))),
    refresh: load,
    event(now) {
      if (isEnded(now.status) || Date.now() - last > EVERY_MS) load().catch(() => {});
    },
  };
}

/** What was done until each step: the line ends at its end, or now. */
function sums(viz, batch) {
  let done = 0;
  let failed = 0;
  const step = (viz.timeline_step_seconds ?? 1) * 1_000;
  const points = viz.timeline.map((one) => {
    done += one.succeeded + one.failed + one.skipped + one.cancelled;
    failed += one.failed;
    return { at: Date.parse(one.from) + step, values: [done, failed] };
  });
  if (!points.length) return [];
  const start = { at: Date.parse(viz.timeline[0].from), values: [0, 0] };
  const now = isEnded(batch.status) ? [] : [{ at: Math.max(Date.now(), points.at(-1).at), values: [done, failed] }];
  return [start, ...points, ...now];
}

/** Of a second at least: a rate of less would be noise. */
function rates(viz) {
  const step = viz.timeline_step_seconds ?? 1;
  const together = Math.ceil(1 / step);
  const points = [];
  viz.timeline.forEach((one, i) => {
    if (i % together === 0) points.push({ at: Date.parse(one.from), values: [0, 0] });
    const { values } = points.at(-1);
    values[0] += (one.succeeded + one.skipped + one.cancelled) / step / together;
    values[1] += one.failed / step / together;
  });
  return points;
}

/** The bars are as wide as each other though their times are not: a logarithmic axis. Empty ends are cut off. */
function histogram(all, metrics) {
  const first = all.findIndex((bar) => bar.count);
  const used = first < 0 ? [] : all.slice(first, all.findLastIndex((bar) => bar.count) + 1);
  const place = (ms) => {
    const i = used.findIndex((bar) => ms <= bar.toMs);
    if (i < 0) return used.length;
    const { fromMs, toMs } = used[i];
    const low = Math.max(fromMs, toMs / 1e3);
    return i + Math.min(1, Math.max(0, ms <= low ? 0 : Math.log(ms / low) / Math.log(toMs / low)));
  };
  return {
    name: 'Up to',
    bars: used.map((bar) => ({ label: duration(bar.toMs), count: bar.count, percentage: bar.percentage })),
    marks: used.length ? [['p50', metrics.p50Duration], ['p95', metrics.p95Duration], ['p99', metrics.p99Duration]].map(([name, ms]) => ({ label: `${name} ${duration(ms)}`, at: place(ms) })) : [],
  };
}
