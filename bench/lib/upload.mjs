/** A large file sent as multipart/form-data in constant memory: the body is streamed from the disk. */
import { createReadStream, statSync } from 'node:fs';
import { request } from 'node:http';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Posts a file to `/v1/audio/transcriptions`; gives the answer's text. Waits as long as it takes. */
export async function upload(base, path, fields) {
  const boundary = 'vox-bench-long-9f2c';
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${one}\r\n`),
  );
  const disposition = `Content-Disposition: form-data; name="file"; filename="${basename(path)}"`;
  const file = `--${boundary}\r\n${disposition}\r\n\r\n`;
  const head = Buffer.from(parts.join('') + file);
  const foot = Buffer.from(`\r\n--${boundary}--\r\n`);
  const call = request(`${base}/v1/audio/transcriptions`, {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + statSync(path).size + foot.length,
    },
  });
  const answered = new Promise((resolve, reject) => {
    call.on('error', reject);
    call.on('response', async (reply) => {
      try {
        const pieces = [];
        for await (const piece of reply) pieces.push(piece);
        const text = Buffer.concat(pieces).toString();
        if (reply.statusCode === 200) resolve(text);
        else reject(new Error(`${reply.statusCode}: ${text.slice(0, 400)}`));
      } catch (error) {
        reject(error);
      }
    });
  });
  async function* body() {
    yield head;
    yield* createReadStream(path);
    yield foot;
  }
  await Promise.all([pipeline(body, call), answered]);
  return answered;
}
