/**
 * Sends damaged audio files to a real server whose models are the replay engine's, and says what came of it: what is on
 * trial is the reading of files, not the hearing.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encoded, MORE_FORMATS, TWELVE_FORMATS, WAV_VARIANTS } from './clips.mjs';
import { damagedFiles } from './damage.mjs';
import { replayHome, tone } from './replay-home.mjs';
import { startServer, upload } from './server.mjs';

/** Of the server; decoding a damaged second of audio takes a tenth of one. */
const MAX_DECODE_SECONDS = 10;
/** On top of the server's own limit, for a machine that does other work too. */
const HANG_MS = (MAX_DECODE_SECONDS + 20) * 1000;
const CLEAN_UP_MS = 2_000;
const AT_ONCE = 4;
const ROUTES = ['/v1/audio/transcriptions', '/api/transcribe'];

/** Every format of clips.mjs that this build of ffmpeg can write, a second and a half each; the twelve it must. */
async function makeClips(ffmpeg) {
  const folder = mkdtempSync(join(tmpdir(), 'vox-fuzz-'));
  try {
    const wav = tone(1.5);
    const clips = { wav };
    for (const [name, args] of Object.entries({ ...TWELVE_FORMATS, ...MORE_FORMATS, ...WAV_VARIANTS })) {
      try {
        clips[name] = await encoded(ffmpeg, folder, wav, args);
      } catch (error) {
        if (name in TWELVE_FORMATS || !/Unknown encoder/.test(error.stderr)) throw error;
      }
    }
    return clips;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is wrong with an answer; undefined when it is a transcript, or an error of the client's with a proper body. */
function fault(path, status, text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return `${status} without JSON: ${text.slice(0, 100)}`;
  }
  if (status === 200) return typeof body.text === 'string' ? undefined : `200 without a text: ${text}`;
  if (status < 400 || status > 499) return `${status}: ${text}`;
  if (typeof body.detail !== 'string' || body.detail === '') return `${status} without detail: ${text}`;
  if (path.startsWith('/api/')) return undefined;
  const { message, type, code } = body.error ?? {};
  return message === body.detail && type && code ? undefined : `${status} without an OpenAI error: ${text}`;
}

/** Processes of ffmpeg that the server started and that still run; [] on a system without /proc. */
function decoders(pid) {
  const children = (parent) => {
    try {
      return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean);
    } catch {
      return [];
    }
  };
  const commandOf = (child) => {
    try {
      return readFileSync(`/proc/${child}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  return children(pid).filter((child) => commandOf(child).includes('pcm_s16le'));
}

/** `{ statuses, codes, faults, slowestMs }` of `count` files; `faults` is empty when all went as it must. */
export async function fuzz({ count, seed, ffmpeg }) {
  const fixture = replayHome({ 'ears:1': { kind: 'stt', text: 'hello there' } });
  const server = await startServer({
    home: fixture.home,
    env: { VOX_FFMPEG: ffmpeg },
    args: ['--max-duration', '60s', '--max-upload', '4Mi', '--max-decode', `${MAX_DECODE_SECONDS}s`],
  });
  const files = () =>
    readdirSync(join(fixture.home, 'tmp'), { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
  const runner = async () => (await (await fetch(`${server.url}/v1/models/loaded`)).json()).models[0]?.pid;
  const result = { statuses: {}, codes: {}, faults: [], slowestMs: 0 };
  let ended;
  server.gone.then((how) => {
    ended = how;
  });
  try {
    await upload(server.url, tone(1), { model: 'ears:1', keep_alive: '-1' });
    const before = await runner();
    const damaged = damagedFiles(await makeClips(ffmpeg), count, seed);
    const worker = async () => {
      for (const { number, what, bytes, fields } of damaged) {
        if (ended !== undefined) return;
        const path = ROUTES[number % ROUTES.length];
        const begun = performance.now();
        try {
          const signal = AbortSignal.timeout(HANG_MS);
          const form = { model: 'ears:1', keep_alive: '-1', ...fields };
          const response = await upload(server.url, bytes, form, { path, name: 'upload', signal });
          const text = await response.text();
          result.statuses[response.status] = (result.statuses[response.status] ?? 0) + 1;
          const code = /"code":"([^"]+)"/.exec(text)?.[1];
          if (code) result.codes[code] = (result.codes[code] ?? 0) + 1;
          const wrong = fault(path, response.status, text);
          if (wrong !== undefined) result.faults.push(`${what}: ${wrong}`);
        } catch (error) {
          result.faults.push(`${what}: no answer (${error.cause?.code ?? error.name}: ${error.message})`);
        }
        result.slowestMs = Math.max(result.slowestMs, performance.now() - begun);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (ended !== undefined) {
      result.faults.push(
        `the server ended with ${ended.code ?? ended.signal}:\n${server.lines.slice(-5).join('\n')}`,
      );
      return result;
    }
    // The last answer may be there a moment before its upload is gone.
    let left = files();
    for (let wait = 0; left.length > 0 && wait < CLEAN_UP_MS; wait += 50) {
      await sleep(50);
      left = files();
    }
    if (left.length > 0) result.faults.push(`${left.length} files left behind, e.g. ${left[0].name}`);
    const still = decoders(server.pid);
    if (still.length > 0) result.faults.push(`decoders still run: ${still.join(', ')}`);
    if ((await runner()) !== before) result.faults.push('the runner died');
    const { text } = await (await upload(server.url, tone(1), { model: 'ears:1' })).json();
    if (text !== 'hello there') result.faults.push(`afterwards it hears ${JSON.stringify(text)}`);
    return result;
  } finally {
    await server.stop();
    fixture.remove();
  }
}
