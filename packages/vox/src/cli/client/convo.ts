/** `vox client convo`: two utterances on one socket, with a silence between them in which nothing is sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type CommandContext, examples } from '../command.js';
import { json } from '../output.js';
import {
  type Call,
  callOf,
  commonOptions,
  type Recording,
  recordingOf,
  secondsAsMs,
  tellFailure,
} from './common.js';
import { transcriptLine, utteranceLines } from './render.js';
import { deadlineMs, type Spoken, speakUtterance, withDeadline } from './utterance.js';

interface Flags {
  readonly file1?: string;
  readonly file2?: string;
  readonly pauseS: string;
}

/** Adds `convo`, which ends with 0 whatever the server did. */
export function defineConvo(command: Command, context: CommandContext): void {
  command
    .description('Speak two recordings on one socket, as two utterances with a pause between them.')
    .option('--file1 <FILE>', 'the first (default: mid.wav, spoken on first use)')
    .option('--file2 <FILE>', 'the second (default: realistic.mp3, spoken on first use)')
    .option('--pause-s <SECONDS>', 'pause between them, in which nothing is sent', '3.0');
  commonOptions(command);
  command.action(async () => {
    const flags = command.opts<Flags>();
    const pauseMs = secondsAsMs('--pause-s', flags.pauseS, 3_600);
    const call = callOf(command, context);
    const first = await recordingOf(call, flags.file1, 'mid.wav');
    const second = await recordingOf(call, flags.file2, 'realistic.mp3');
    if (!call.json) {
      call.output.line('[ CONVO ]');
      call.output.line(`Server: ${call.server}`);
    }
    await tellFailure(call, () => talk(call, first, second, pauseMs));
  });
  command.addHelpText('after', '\nExit code: 0, whatever the server answers.');
  examples(command, [
    'vox client convo',
    'vox client convo --file1 question.wav --file2 answer.mp3 --pause-s 1.5',
  ]);
}

async function talk(call: Call, first: Recording, second: Recording, pauseMs: number): Promise<void> {
  const deadline = withDeadline(deadlineMs(first.durationMs + pauseMs + second.durationMs), call.signal);
  const { signal } = deadline;
  const segments: object[] = [];
  const tell = (number: number, recording: Recording, spoken: Spoken): void => {
    const { text, usage, notes, figures } = spoken;
    segments.push({ file: recording.path, text, usage, notes, ...figures });
    if (call.json) return;
    for (const line of [
      `Segment ${number}: ${recording.path}`,
      transcriptLine(text, false),
      ...utteranceLines(figures),
      ...notes.map((note) => `! ${note}`),
    ])
      call.output.line(line);
  };
  try {
    const session = await call.open(signal);
    try {
      tell(1, first, await speakUtterance(session, first.pcm, { first: true, signal }));
      const silent = AbortSignal.any([signal, session.failed]);
      await sleep(pauseMs, undefined, { signal: silent }).catch(() => silent.throwIfAborted());
      tell(2, second, await speakUtterance(session, second.pcm, { first: false, signal }));
      const { at, closeMs } = await session.finish();
      const sessionMs = at - session.began;
      if (call.json) call.output.line(json({ server: call.server, pauseMs, segments, closeMs, sessionMs }));
      else call.output.line(`Session: ${(sessionMs / 1000).toFixed(3)} s`);
    } finally {
      session.abandon();
    }
  } finally {
    deadline.clear();
  }
}
