/** Calls the service, relative to the address of the page. */

const KEY = 'batch-token';
let token = null;
try {
  token = sessionStorage.getItem(KEY);
} catch {
  // no storage: the token lasts as long as the page
}
let visitor = null;
let troubleSince = null;
const watchers = [];

/** What the service answered instead. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.error ?? body.title ?? `status ${status}`);
    this.status = status;
    this.title = body.title ?? 'Something went wrong';
    this.requestId = body.requestId;
    this.errors = body.details?.errors ?? [];
  }
}

/** Takes the token out of the address, where #token=… has put it, or from the form. */
export function takeToken(given = /^#token=(.+)$/.exec(location.hash)?.[1]) {
  if (!given) return;
  token = decodeURIComponent(given);
  visitor = null;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // as above
  }
  if (location.hash.startsWith('#token=')) history.replaceState(null, '', '#/');
}

/** Hears since when the service does not answer; null when it does again. */
export const onTrouble = (watcher) => watchers.push(watcher);
export const isInTrouble = () => troubleSince !== null;

function trouble(isTrouble, problem) {
  if (isTrouble === (troubleSince !== null)) return;
  troubleSince = isTrouble ? new Date() : null;
  watchers.forEach((watcher) => watcher(troubleSince, problem));
}

function query(parameters = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '') [value].flat().forEach((one) => search.append(name, one));
  }
  return search.size ? `?${search}` : '';
}

/** Sends a request and returns its response, whatever it is; throws a Problem if there is none. */
async function send(method, path, { parameters, body, type = 'application/json', signal, headers } = {}) {
  const all = { Accept: 'application/json', ...headers };
  if (token) all.Authorization = `Bearer ${token}`;
  if (body !== undefined) all['Content-Type'] = type;
  const text = body === undefined || body instanceof Blob || typeof body === 'string' ? body : JSON.stringify(body);
  try {
    return await fetch(path + query(parameters), { method, headers: all, body: text, signal, cache: 'no-store' });
  } catch (e) {
    throw brokenOff(e);
  }
}

/** What became of a request without a whole answer: the screen was left, or nobody answers. */
function brokenOff(e) {
  if (e.name === 'AbortError') return e;
  const problem = new Problem(0, { title: 'No answer', detail: 'The service does not answer' });
  trouble(true, problem);
  return problem;
}

/** What an answer says: nothing if it is no JSON, as that of a proxy in trouble. */
const said = (answer) => answer.json().catch((e) => {
  if (answer.ok || e.name === 'AbortError') throw brokenOff(e);
  return {};
});

async function call(method, path, options) {
  const answer = await send(method, path, options);
  const body = await said(answer);
  if (!answer.ok && !options?.any) {
    const problem = new Problem(answer.status, body);
    trouble(answer.status === 503, problem);
    throw problem;
  }
  trouble(false);
  return body;
}

export const get = (path, parameters, signal) => call('GET', path, { parameters, signal });
export const post = (path, body = {}, options = {}) => call('POST', path, { body, ...options });
export const put = (path, body) => call('PUT', path, { body });
export const remove = (path) => call('DELETE', path, { body: {} });
export const health = () => call('GET', 'api/health', { any: true });

/** A one-time ticket for the WebSocket. */
export const ticket = async () => (await post('api/ticket')).ticket;

/** Who looks at the page, and with which rights. */
export async function me() {
  visitor ??= (await get('api/visitor')).visitor;
  return visitor;
}

export const may = (right) => visitor !== null && visitor.rights.includes(right);
export const visitorName = () => visitor?.name ?? '';
export const ownTenant = () => visitor?.tenant;

/** Loads a file: by a plain link where the browser signs in by itself, else through memory. */
export async function download(path, parameters, name) {
  const anchor = document.createElement('a');
  anchor.download = name;
  anchor.href = path + query(parameters);
  if (token) {
    const answer = await send('GET', path, { parameters, headers: { Accept: '*/*' } });
    if (!answer.ok) throw new Problem(answer.status, await said(answer));
    anchor.href = URL.createObjectURL(await answer.blob());
    setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
  }
  anchor.click();
}

/** The address of the API, for people who use curl. */
export const address = (path) => new URL(path, document.baseURI).href;
