/** What a visitor chose: theme, zone, shortcuts. Kept in the browser if it keeps anything. */
const chosen = { theme: 'system', zone: 'local', keys: 'on' };
try {
  Object.assign(chosen, JSON.parse(localStorage.getItem('batch-page') ?? '{}'));
} catch {
  // the defaults, then
}

function keep(name, value) {
  chosen[name] = value;
  try {
    localStorage.setItem('batch-page', JSON.stringify(chosen));
  } catch {
    // lasts as long as the page
  }
}

export const THEMES = ['system', 'light', 'dark'];
export const theme = () => chosen.theme;
export const zone = () => chosen.zone;
export const hasKeys = () => chosen.keys === 'on';

export function setTheme(value) {
  keep('theme', value);
  document.documentElement.dataset.theme = value;
}

export const setZone = (value) => keep('zone', value);
export const setKeys = (isOn) => keep('keys', isOn ? 'on' : 'off');

setTheme(chosen.theme);
