/** Files give way to live streams: what is spoken now can't wait, what is in a file can. */
import type { Model, Segment } from '@vox-speech/contract';
import type { Listens } from '../decode-window.js';
import type { DecodeTurns } from './turns.js';

/** The model for jobs over files: each of its decodes waits for its turn. */
export function afterLive(model: Model, turns: DecodeTurns): Listens {
  const { info } = model;
  if (model.transcribe === undefined) return { info };
  const heard = async (segments: AsyncIterable<Segment>): Promise<Segment[]> => {
    const all: Segment[] = [];
    for await (const segment of segments) all.push(segment);
    return all;
  };
  return {
    info,
    async *transcribe(pcm, options, signal) {
      const work = (): Promise<Segment[]> => heard(model.transcribe?.(pcm, options, signal) ?? nothing());
      yield* await turns.file(work, signal);
    },
  };
}

async function* nothing(): AsyncGenerator<Segment> {}
