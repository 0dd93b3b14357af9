/** `vox client`: clients of Yap and of the T-one wrapper, for our own server and for the original. */
import { type Define, examples } from '../command.js';
import { defineBench } from './bench.js';
import { defineConvo } from './convo.js';
import { defineIdle } from './idle.js';
import { defineTone } from './t-one.js';
import { defineRemote, defineWarmup } from './warmup.js';

export const define: Define = (command, context) => {
  // So that what stands behind a client's name is its own: all have --host and --json.
  command.enablePositionalOptions();
  defineWarmup(command.command('warmup').summary('one utterance, and all of its figures'), context);
  defineBench(command.command('bench').summary('many sessions, so many at a time'), context);
  defineIdle(command.command('idle').summary('is an idle connection closed in time?'), context);
  defineConvo(command.command('convo').summary('two utterances on one socket'), context);
  defineRemote(command.command('remote').summary('warmup of a server elsewhere'), context);
  defineTone(
    command.command('t-one').summary('a recording, whole or in parts, over the T-one routes'),
    context,
  );
  examples(command, [
    'vox client warmup --file talk.wav',
    'vox client bench --n 20 --concurrency 5',
    'VOXTRAL_SERVER=gpu-box:8000 VOXTRAL_API_KEY=... vox client convo',
  ]);
};
