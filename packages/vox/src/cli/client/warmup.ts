/** `vox client warmup` and `remote`: one utterance, and all of its figures. */
import type { Command } from 'commander';
import { type CommandContext, examples } from '../command.js';
import { json } from '../output.js';
import {
  type Call,
  callOf,
  commonOptions,
  failureText,
  type Recording,
  recordingOf,
  tellFailure,
} from './common.js';
import { Failure } from './envelope.js';
import { type SessionFigures, sessionLines, transcriptLine, utteranceLines } from './render.js';
import { deadlineMs, type Spoken, speakUtterance, withDeadline } from './utterance.js';

interface Flags {
  readonly file?: string;
  readonly fullText?: boolean;
}

/** Adds `warmup`, which fails where its utterance does. */
export function defineWarmup(command: Command, context: CommandContext): void {
  command.description('Speak one recording to the server, and print how long each step took.');
  addOptions(command);
  command.action(async () => {
    try {
      await once(callOf(command, context), command.opts<Flags>(), 'WARMUP');
    } catch (error) {
      throw error instanceof Failure ? new Error(failureText(error), { cause: error }) : error;
    }
  });
  command.addHelpText(
    'after',
    '\nExit code: 0 done; 1 the server wants a key, or it failed; 2 no such file.',
  );
  examples(command, [
    'vox client warmup',
    'vox client warmup --server gpu-box:8000 --file talk.mp3 --full-text',
  ]);
}

/** Adds `remote`, which ends with 0 whatever the server did. */
export function defineRemote(command: Command, context: CommandContext): void {
  command.description('The same as warmup, of a server elsewhere; ends with 0 whatever it answers.');
  addOptions(command);
  command.action(async () => {
    const call = callOf(command, context);
    await tellFailure(call, () => once(call, command.opts<Flags>(), 'REMOTE CLIENT'));
  });
  examples(command, ['vox client remote --server wss://speech.example.com --voxtral-key KEY']);
}

function addOptions(command: Command): void {
  command
    .option('--file <FILE>', 'recording to speak, any audio format (default: mid.wav, spoken on first use)')
    .option('--full-text', 'print the whole transcript, not its first 80 characters');
  commonOptions(command);
}

async function once(call: Call, flags: Flags, title: string): Promise<void> {
  const recording = await recordingOf(call, flags.file, 'mid.wav');
  const { spoken, session } = await speakOnce(call, recording);
  const { output, server } = call;
  if (call.json) {
    const { text, usage, notes, figures } = spoken;
    output.line(json({ server, file: recording.path, text, usage, notes, ...figures, ...session }));
    return;
  }
  const head = [`[ ${title} ]`, `Server: ${server}`, `File: ${recording.path}`];
  for (const line of [
    ...head,
    transcriptLine(spoken.text, flags.fullText === true),
    ...utteranceLines(spoken.figures),
    ...sessionLines(session),
    ...spoken.notes.map((note) => `! ${note}`),
  ])
    output.line(line);
}

/** A socket of its own for one recording. Rejects with a Failure, or the signal's reason. */
export async function speakOnce(
  call: Pick<Call, 'open' | 'signal'>,
  recording: Recording,
): Promise<{ readonly spoken: Spoken; readonly session: SessionFigures }> {
  const deadline = withDeadline(deadlineMs(recording.durationMs), call.signal);
  try {
    const session = await call.open(deadline.signal);
    try {
      const spoken = await speakUtterance(session, recording.pcm, { first: true, signal: deadline.signal });
      const doneAt = session.began + spoken.figures.transcriptionMs;
      const { at, closeMs } = await session.finish();
      return { spoken, session: { closeMs, afterFinalMs: at - doneAt, sessionMs: at - session.began } };
    } finally {
      session.abandon();
    }
  } finally {
    deadline.clear();
  }
}
