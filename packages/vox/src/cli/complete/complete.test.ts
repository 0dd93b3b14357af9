import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PROGRAM, runProgram } from '../program.test.support.js';
import { doneByBash, splitLine } from './words.js';

let folder = '';

/** A VOX_HOME with two models, a companion and a damaged manifest, and a `vox` on PATH. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vox-complete-'));
  const put = async (name: string, tag: string, content: string) => {
    await mkdir(join(folder, 'home/models/manifests', name), { recursive: true });
    await writeFile(join(folder, 'home/models/manifests', name, `${tag}.json`), content);
  };
  await put('whisper', 'base', JSON.stringify({ kind: 'stt', description: 'listens' }));
  const voices = [{ id: 'af_bella', language: 'en' }, { id: 'bm_daniel' }, { id: '$(evil)' }];
  await put('kokoro', 'v1.0', JSON.stringify({ kind: 'tts', description: 'speaks', info: { voices } }));
  await put('silero-vad', 'v5', JSON.stringify({ kind: 'vad' }));
  await put('whisper', 'damaged', 'no JSON');
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/vox'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
  await chmod(join(folder, 'bin/vox'), 0o755);
});

after(() => rm(folder, { recursive: true, force: true }));

/** The words that are offered at the end of these. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, out, err } = await runProgram(['__complete', 'words', ...words], { cwd: folder });
  assert.deepEqual([code, err], [0, '']);
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
}

test('commands, options, choices and names come from the commands themselves', async () => {
  const cases: [string[], string[]][] = [
    [['ex'], ['words', 'export']],
    [['--js'], ['words', '--json']],
    [
      ['help', 'com'],
      ['words', 'completion'],
    ],
    [
      ['serve', '--log-f'],
      ['words', '--log-format', '--log-file'],
    ],
    [
      ['serve', '--device', ''],
      ['words', 'auto', 'cpu', 'cuda', 'mps'],
    ],
    [
      ['serve', '--device=c'],
      ['words', '--device=cpu', '--device=cuda'],
    ],
    [
      ['completion', ''],
      ['words', 'bash', 'zsh', 'fish'],
    ],
    [
      ['search', '--type', 't'],
      ['words', 'tts'],
    ],
    [
      ['run', ''],
      ['words', 'kokoro:v1.0', 'whisper:base'],
    ],
    [
      ['--host', 'http://x', 'run', '--language', 'en', 'w'],
      ['words', 'whisper:base'],
    ],
    [
      ['run', '--format', 'v'],
      ['words', 'vtt'],
    ],
    [
      ['run', 'kokoro', 'Hi', '--voice', ''],
      ['words', 'af_bella', 'bm_daniel'],
    ],
    [['run', 'whisper:base', ''], ['files']],
    [['run', 'whisper:base', 'x.wav', '-o', ''], ['files']],
    [['run', 'whisper:base', 'x.wav', ''], ['words']],
    [['run', '--', '--f'], ['words']],
    [
      ['export', 'whisper:base', ''],
      ['words', 'kokoro:v1.0'],
    ],
    [
      ['pull', 'whisper:large-v3-'],
      ['words', 'whisper:large-v3-turbo', 'whisper:large-v3-vllm', 'whisper:large-v3-turbo-vllm'],
    ],
    [['nonsense', ''], ['words']],
  ];
  await Promise.all(
    cases.map(async ([words, expected]) =>
      assert.deepEqual(await offered(...words), expected, words.join(' ')),
    ),
  );
});

test('a line is split as a shell splits it', () => {
  assert.deepEqual(splitLine('vox run  whisper:b'), ['vox', 'run', 'whisper:b']);
  assert.deepEqual(splitLine('vox run '), ['vox', 'run', '']);
  assert.deepEqual(splitLine(`vox run "a b" c\\ d 'e "f`), ['vox', 'run', 'a b', 'c d', 'e "f']);
  assert.deepEqual(splitLine(`vox '' "`), ['vox', '', '']);
  assert.equal(doneByBash('whisper:ba', ' \t\n"\'><=;|&(:'), 8);
  assert.equal(doneByBash('--device=c', '=:'), 9);
  assert.equal(doneByBash('whisper', ':='), 0);
});

test('a shell that there is no script for is told which there are', async () => {
  const { code, err } = await runProgram(['completion', 'csh'], { cwd: folder });
  assert.equal(code, 2);
  assert.match(err, /no completion for csh; there is one for bash, zsh, fish/);
});

/** Why a shell can't be asked here. */
function without(shell: string): string | false {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `there is no ${shell} here`;
}

function ask(shell: string, args: readonly string[], script: string): string[] {
  const { PATH = '' } = process.env;
  const answer = spawnSync(shell, [...args, script], {
    env: { HOME: folder, VOX_HOME: join(folder, 'home'), PATH: `${join(folder, 'bin')}:${PATH}` },
    encoding: 'utf8',
  });
  assert.equal(answer.status, 0, answer.stderr);
  return answer.stdout.trimEnd().split('\n');
}

test('bash completes, a colon in the word or not', { skip: without('bash') }, () => {
  const script = `
    source <(vox completion bash)
    try() {
      COMP_LINE=$1 COMP_POINT=\${#1}
      _vox vox "\${1##* }" ''
      echo "$1 => \${COMPREPLY[*]}"
    }
    complete -p vox
    try 'vox comp'
    try 'vox run whisper:b'
    try 'vox run ko'
    try 'vox serve --device=cu'
    try 'vox run kokoro "Two words" --voice a'
  `;
  assert.deepEqual(ask('bash', ['--noprofile', '--norc', '-c'], script), [
    'complete -F _vox vox',
    'vox comp => completion',
    'vox run whisper:b => base',
    'vox run ko => kokoro:v1.0',
    'vox serve --device=cu => cuda',
    'vox run kokoro "Two words" --voice a => af_bella',
  ]);
});

test('fish completes', { skip: without('fish') }, () => {
  const script = `vox completion fish | source
    complete -C 'vox comp'
    complete -C 'vox run whisper:b'
    complete -C 'vox run kokoro Hi --voice b'
    complete -C 'vox import ${join(folder, 'bin')}/v'`;
  assert.deepEqual(ask('fish', ['--no-config', '-c'], script), [
    'completion\tprint what makes Tab complete in your shell',
    'whisper:base\tlistens',
    'bm_daniel',
    `${join(folder, 'bin')}/vox`,
  ]);
});

test('zsh takes the script, and hands its words over', { skip: without('zsh') }, async () => {
  // The line editor needs a terminal; here `_describe` is a stand-in that prints what it was given.
  const script = `
    compdef() { echo "compdef $*" }
    _files() { echo files }
    _describe() { print -rl -- "\${(@P)3}" }
    source <(vox completion zsh)
    words=(vox run 'whisper:b'); CURRENT=3; _vox
    words=(vox run kokoro Hi --voice ''); CURRENT=6; _vox
    words=(vox import ''); CURRENT=3; _vox
  `;
  assert.deepEqual(ask('zsh', ['-f', '-c'], script), [
    'compdef _vox vox',
    'whisper\\:base:listens',
    'af_bella:en',
    'bm_daniel:',
    'files',
  ]);
  // As a file of fpath its first line is what compinit reads.
  const { out } = await runProgram(['completion', 'zsh'], { cwd: folder });
  assert.match(out, /^#compdef vox\n/);
});
