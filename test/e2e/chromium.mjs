/** A real browser for the end-to-end tests: headless Chromium, spoken to in its DevTools protocol over a WebSocket. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const PROGRAM = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync('which', [name]).status === 0,
);
/** Why the tests in a browser can't run here; false when they can. */
export const NO_CHROMIUM = PROGRAM === undefined ? 'chromium is not installed' : false;

/** ms for one command of the protocol, and for Chromium to start. */
const LIMIT_MS = 30_000;

/** Starts Chromium with a profile of its own. `args`: switches besides those that every test wants. */
export async function startChromium(args = []) {
  const profile = mkdtempSync(join(tmpdir(), 'vox-chromium-'));
  const child = spawn(
    PROGRAM,
    [
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      '--no-first-run',
      '--window-size=1280,1000',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...args,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const gone = new Promise((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const tools = await connect(await addressOf(child, gone));
    return { openPage: () => openPage(tools), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Chromium tells on stderr where its tools listen. */
function addressOf(child, gone) {
  const lines = [];
  return within(
    'Chromium to start',
    new Promise((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        lines.push(line);
        const found = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (found) resolve(found);
      });
      gone.then(() => reject(new Error(`Chromium ended:\n${lines.join('\n')}`)));
    }),
  );
}

/** The protocol: numbered commands and their answers; events by the session that they are of. */
async function connect(url) {
  const socket = new WebSocket(url);
  const waiting = new Map();
  const listeners = new Map();
  let last = 0;
  socket.on('message', (data) => {
    const { id, result, error, method, params, sessionId } = JSON.parse(String(data));
    if (id === undefined) return listeners.get(sessionId)?.(method, params);
    const { resolve, reject, name } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(`${name}: ${error.message}`));
    else resolve(result);
  });
  socket.on('close', () => {
    for (const { reject, name } of waiting.values()) reject(new Error(`${name}: Chromium is gone`));
    waiting.clear();
  });
  await within(
    'the DevTools',
    new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    }),
  );
  return {
    onEvent: (sessionId, listener) => listeners.set(sessionId, listener),
    send: (name, params = {}, sessionId = undefined) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve, reject, name });
        socket.send(JSON.stringify({ id, method: name, params, sessionId }));
      }),
  };
}

async function openPage(tools) {
  const { targetId } = await tools.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await tools.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (name, params) => within(name, tools.send(name, params, sessionId));
  /** What went wrong in the page: uncaught errors, console.error, and what the browser itself complains about. */
  const troubles = [];
  let loaded = () => {};
  tools.onEvent(sessionId, (method, params) => {
    if (method === 'Runtime.exceptionThrown') troubles.push(describe(params.exceptionDetails));
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error')
      troubles.push(params.args.map(({ value, description }) => value ?? description).join(' '));
    if (method === 'Log.entryAdded' && params.entry.level === 'error')
      troubles.push(`${params.entry.text} ${params.entry.url ?? ''}`);
    if (method === 'Page.loadEventFired') loaded();
  });
  for (const domain of ['Runtime', 'Log', 'Page']) await send(`${domain}.enable`);
  return {
    troubles,
    /** Resolves when the page and all that it names are there. */
    async goTo(url) {
      const done = new Promise((resolve) => {
        loaded = resolve;
      });
      const { errorText } = await send('Page.navigate', { url });
      if (errorText) throw new Error(`${url}: ${errorText}`);
      await within(url, done);
    },
    /** Calls a function in the page, with values that JSON can carry; what it resolves with. */
    async call(work, ...values) {
      const expression = `(${work})(...${JSON.stringify(values)})`;
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      });
      if (exceptionDetails) throw new Error(describe(exceptionDetails));
      return result.value;
    },
    /** Waits until a function in the page gives something that is true. */
    async until(work, ...values) {
      const end = Date.now() + LIMIT_MS;
      for (;;) {
        const found = await this.call(work, ...values);
        if (found) return found;
        if (Date.now() > end) throw new Error(`this stayed false: ${work}\n${troubles.join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    /** A picture of what is seen, as PNG. */
    async picture() {
      return Buffer.from((await send('Page.captureScreenshot')).data, 'base64');
    },
  };
}

function describe({ text, exception }) {
  return exception?.description ?? `${text} ${exception?.value ?? ''}`;
}

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${LIMIT_MS} ms for ${what}`)), LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
