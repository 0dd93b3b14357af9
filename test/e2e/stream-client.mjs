/** A WebSocket client for the tests of streams: what it was told, in order, and waiting for the next of a type. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Connects to a path of a server at an http URL. */
export async function openStream(url, path) {
  const ws = new WebSocket(url.replace(/^http/, 'ws') + path);
  const told = [];
  const audio = [];
  let wake = () => {};
  ws.on('message', (data, isBinary) => {
    if (isBinary) audio.push(data);
    told.push(isBinary ? { type: 'audio', bytes: data } : JSON.parse(data.toString('utf8')));
    wake();
  });
  const closed = once(ws, 'close').then(([code, reason]) => {
    wake();
    return { code, reason: reason.toString('utf8') };
  });
  await once(ws, 'open');
  return {
    ws,
    told,
    audio,
    closed,
    send: (message) => ws.send(JSON.stringify(message)),
    /** The first message of a type, now or later; an error that comes instead is thrown. */
    async get(type) {
      for (;;) {
        const found = told.find((message) => message.type === type);
        if (found) return found;
        const error = told.find((message) => message.type === 'error');
        if (error || ws.readyState === WebSocket.CLOSED)
          throw new Error(`waited for ${type}: ${error?.message ?? 'closed'}`);
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
