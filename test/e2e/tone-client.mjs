/** The T-one routes as a patient client uses them: pieces have numbers, so that what is in doubt can be sent again. */
import { Agent, request } from 'node:http';
import { RATE } from './session-speech.mjs';

/** Answers after which a client tries again: too many, the store is away, nobody there, changing hands. */
const AGAIN = new Set([409, 429, 502, 503]);
const MOST_TRIES = 60;

/** @param faults filled with how often each status was met */
export function toneClient(url, faults = new Map()) {
  const agent = new Agent({ keepAlive: true });

  /** One request; status and parsed body. */
  const once = (path, body, type) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': type, 'content-length': body.length };
      const sent = request(url + path, { method: 'POST', agent, headers });
      sent.once('error', reject);
      sent.once('response', async (answer) => {
        const parts = [];
        for await (const part of answer) parts.push(part);
        const text = Buffer.concat(parts).toString();
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          body: text === '' ? {} : JSON.parse(text),
        });
      });
      sent.end(body);
    });

  const patiently = async (path, body, type) => {
    for (let tries = 0; ; tries++) {
      // A connection that breaks is one more reason to try again.
      const {
        status,
        headers,
        body: answer,
      } = await once(path, body, type).catch(({ code, message }) => ({
        status: 502,
        headers: {},
        body: { detail: code ?? message },
      }));
      if (status === 200) return answer;
      faults.set(status, (faults.get(status) ?? 0) + 1);
      if (!AGAIN.has(status) || tries >= MOST_TRIES)
        throw new Error(`${path}: ${status} ${JSON.stringify(answer.detail)}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000 * Number(headers['retry-after'] ?? 0.5)));
    }
  };
  const form = (fields) => Buffer.from(new URLSearchParams(fields).toString());
  const FORM = 'application/x-www-form-urlencoded';

  return {
    once,
    async create(fields = {}) {
      return (await patiently('/transcribe/streaming', form(fields), FORM)).state_id;
    },
    /** Plain samples, with their number. */
    append(id, pcm, seq, rate = RATE) {
      const path = `/transcribe/streaming/chunk?state_id=${id}&seq=${seq}`;
      return patiently(path, pcm, `audio/L16; rate=${rate}`);
    },
    finalize(id, fields = {}) {
      return patiently('/transcribe/streaming/finalize', form({ state_id: id, ...fields }), FORM);
    },
    /** A recording of plain samples. */
    transcribe: (pcm, query = {}, rate = RATE) =>
      patiently(`/transcribe?${new URLSearchParams(query)}`, pcm, `audio/L16; rate=${rate}`),
    close: () => agent.destroy(),
  };
}
