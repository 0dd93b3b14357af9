/** Fakes of the programs that `vox engine` starts, in a folder for PATH. They say in their answers what they are. */
import { chmod, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

/**
 * A fake `vllm`: it listens, answers /health, and three wires without any model. Words of its own in the model's name change
 * what it does: `crash` ends it after 30 lines, `stubborn` makes it ignore TERM, `slow` keeps /health at 503.
 */
const FAKE_VLLM = `#!${process.execPath}
const { createServer } = require('node:http');
const args = process.argv.slice(2);
if (args[0] === '--version') { console.log('0.21.0 (fake)'); process.exit(0); }
const model = args[1] ?? '';
const port = Number(args[args.indexOf('--port') + 1]);
console.log('fake vllm: ' + JSON.stringify({ args, pid: process.pid, eager: process.env.VLLM_DISABLE_COMPILE_CACHE, key: process.env.VOX_API_KEY ?? null }));
if (model.includes('crash')) {
  for (let i = 1; i <= 30; i += 1) console.log('line ' + i);
  console.error('ValueError: no room for the KV cache');
  process.exit(3);
}
if (model.includes('stubborn')) process.on('SIGTERM', () => console.log('TERM is ignored'));
const server = createServer((request, response) => {
  let body = Buffer.alloc(0);
  request.on('data', (part) => { body = Buffer.concat([body, part]); });
  request.on('end', () => {
    if (request.url === '/health') { response.statusCode = model.includes('slow') ? 503 : 200; response.end(); }
    else if (request.url === '/v1/audio/speech') response.end(Buffer.alloc(1000));
    else if (request.url === '/v1/audio/transcriptions') {
      if (!body.includes('RIFF')) { response.statusCode = 400; response.end('no audio'); return; }
      response.end(JSON.stringify({ text: 'heard ' + body.length + ' bytes' }));
    } else { response.statusCode = 404; response.end('{"error":"none"}'); }
  });
});
server.listen(port, '127.0.0.1');
`;

const FAKE_SMI = (csv: string, cuda: string, apps: string) => `#!/bin/sh
case "$1" in
  --query-gpu*) cat <<'END'
${csv}
END
  ;;
  --query-compute-apps*) cat <<'END'
${apps}
END
  ;;
  *) echo "| NVIDIA-SMI 570.00  Driver Version: 570.00  CUDA Version: ${cuda} |" ;;
esac
`;

/** Lines of `nvidia-smi --query-gpu`. */
export const CARDS = {
  h100: 'NVIDIA H100 80GB HBM3, 81559, 81000, 570.86.15, 9.0',
  l40s: 'NVIDIA L40S, 46068, 45000, 570.86.15, 8.9',
  unknown: 'NVIDIA Fantasia 77, 24576, 24000, 570.86.15, 12.0',
  old: 'NVIDIA P4, 7611, 7600, 470.1, 6.1',
} as const;

/** Writes a fake `vllm` into a folder. */
export async function fakeVllm(folder: string): Promise<string> {
  return program(join(folder, 'vllm'), FAKE_VLLM);
}

/** Writes a fake `nvidia-smi` into a folder. `apps`: lines of process id and MiB. */
export async function fakeSmi(folder: string, csv: string, cuda = '12.8', apps = ''): Promise<string> {
  return program(join(folder, 'nvidia-smi'), FAKE_SMI(csv, cuda, apps));
}

async function program(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

/** A model's folder as Mistral lays it out, with weights of zeros that take no room on the disk. */
export async function modelFolder(
  folder: string,
  tokenizer: object = { audio: {} },
  weights = 1000,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const params = { dim: 3072, n_layers: 26, n_heads: 32, n_kv_heads: 8, head_dim: 128, sliding_window: 8192 };
  await writeFile(join(folder, 'params.json'), JSON.stringify(params));
  await writeFile(join(folder, 'tekken.json'), JSON.stringify(tokenizer));
  await writeFile(join(folder, 'consolidated.safetensors'), '');
  await truncate(join(folder, 'consolidated.safetensors'), weights);
  return folder;
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Is there a process of this id that is no zombie? */
export async function lives(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) Z /.test(stat);
}
