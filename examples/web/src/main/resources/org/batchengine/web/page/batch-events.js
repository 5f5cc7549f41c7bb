/**
 * Events of batches over a WebSocket: const events = connect(); events.on('batch:progress', f); events.disconnect().
 * It reconnects, and asks for what it missed. 'state' tells 'open' or 'lost'; 'resync' says: read again.
 */
export function connect({ base = '.', batches = 'all', items = false, ticket = askTicket } = {}) {
  const listeners = new Map(); // name to functions; '*' hears all
  let socket, timer, silence, since, failures = 0, wanted = true;
  const tell = (name, event) => ['*', name].forEach((n) => (listeners.get(n) ?? []).forEach((f) => f(event)));
  const url = (path) => new URL(`${base}/${path}`, document.baseURI);
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), 45_000);
  };
  async function open() {
    try {
      const at = url(`api/events?ticket=${encodeURIComponent(await ticket(url('api/ticket')))}`);
      if (!wanted) return;
      at.protocol = at.protocol.replace('http', 'ws');
      socket = new WebSocket(at);
      socket.onopen = () => (heard(), socket.send(JSON.stringify({ type: 'subscribe', batches, since, items })));
      socket.onmessage = ({ data }) => {
        heard();
        const event = JSON.parse(data);
        since = event.seq ?? (event.event === 'resync' ? event.cursor : since ?? event.cursor);
        if (event.event === 'hello') (failures = 0), tell('state', { event: 'state', state: 'open' });
        tell(event.event, event);
      };
      socket.onclose = lost;
    } catch {
      lost();
    }
  }
  function lost() {
    clearTimeout(silence);
    if (!wanted) return;
    tell('state', { event: 'state', state: 'lost' });
    timer = setTimeout(open, Math.min(30_000, 500 * 2 ** failures++) * (0.5 + Math.random()));
  }
  open();
  return {
    on: (name, f) => (listeners.set(name, [...(listeners.get(name) ?? []), f]), () => listeners.set(name, listeners.get(name).filter((g) => g !== f))),
    disconnect: () => ((wanted = false), clearTimeout(timer), clearTimeout(silence), socket?.close()),
  };
}

async function askTicket(url) {
  const answer = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' } });
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  return (await answer.json()).ticket;
}
