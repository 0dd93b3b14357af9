/** A client of the Wyoming port that notes when each event came. It shares no code with the server. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** Opens a connection: { send, next, close }. `next` gives { type, data, bytes, at }, `at` in ms of `performance.now()`. */
export async function wyoming(port) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const events = [];
  let held = Buffer.alloc(0);
  let wake = () => {};
  const frame = () => {
    const end = held.indexOf(10);
    if (end < 0) return false;
    const { type, data_length = 0, payload_length = 0 } = JSON.parse(held.subarray(0, end).toString());
    const dataEnd = end + 1 + data_length;
    if (held.length < dataEnd + payload_length) return false;
    const data = data_length === 0 ? {} : JSON.parse(held.subarray(end + 1, dataEnd).toString());
    events.push({ type, data, bytes: payload_length, at: performance.now() });
    held = held.subarray(dataEnd + payload_length);
    return true;
  };
  socket.on('data', (bytes) => {
    held = Buffer.concat([held, bytes]);
    while (frame());
    wake();
  });
  return {
    send(type, data = {}, payload = Buffer.alloc(0)) {
      const body = Buffer.from(JSON.stringify(data));
      const header = { type, version: '1.10.2', data_length: body.length, payload_length: payload.length };
      socket.write(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body, payload]));
    },
    async next() {
      while (events.length === 0) {
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      const event = events.shift();
      if (event.type === 'error') throw new Error(event.data.text);
      return event;
    },
    close: () => socket.destroy(),
  };
}
