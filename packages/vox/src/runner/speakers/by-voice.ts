/**
 * Who speaks when in a recording of any length. A block at a time is given to the model, which numbers the voices of that
 * block; voices of different blocks are the same speaker where their vectors say so. So memory is that of one block, and
 * the time that clustering takes grows with the recording's length and not with its square.
 */
import { joinSamples } from '@vox-speech/audio';
import { type Model, type SpeakerTurn, VoxError } from '@vox-speech/contract';
import { SAMPLE_RATE } from '../decode-window.js';
import { matchVoices, unit } from './voices.js';

/** A model of kind `diarizer`, as far as it is needed here. */
export type TellsApart = Pick<Model, 'diarize' | 'embed'>;

export interface VoicesJob {
  readonly model: TellsApart;
  /** Mono blocks at 16 kHz. */
  readonly source: AsyncIterable<Float32Array>;
  /** Vectors of known speakers. */
  readonly known: readonly Float32Array[];
  readonly signal: AbortSignal;
}

/** Who speaks when, and which of the known speakers each is. */
export interface VoicesFound {
  readonly turns: readonly SpeakerTurn[];
  /** For each speaker the number of the known one that it is; null where it is none of them. */
  readonly known: readonly (number | null)[];
}

/** A minute: 4 MB, and over some 8 s after the request is cancelled, for the model can't be stopped within. */
const BLOCK = 60 * SAMPLE_RATE;
/** A voice is known by so much of its speech, in samples; more adds nothing. */
const ENOUGH = 20 * SAMPLE_RATE;
/** Of less speech the vector is vague: it is taken for a speaker heard before even if only remotely alike. In samples. */
const VAGUE = 2 * SAMPLE_RATE;

/** A voice of one block. */
interface Heard {
  readonly speaker: number;
  readonly vector: Float32Array;
  readonly vague: boolean;
}

interface Voice {
  /** Sum of its vectors. */
  readonly vector: Float32Array;
}

/**
 * Turns of the whole recording, by their start.
 * @throws VoxError `cancelled`, what the source throws, what the model throws
 */
export async function findVoices({ model, source, known, signal }: VoicesJob): Promise<VoicesFound> {
  const { diarize, embed } = model;
  if (diarize === undefined || embed === undefined)
    throw new VoxError('wrong_kind', 'this model tells no voices apart', { param: 'model' });
  const turns: SpeakerTurn[] = [];
  const voices: Voice[] = [];
  let at = 0;
  for await (const samples of blocksOf(source)) {
    const startMs = (at / SAMPLE_RATE) * 1000;
    at += samples.length;
    const found = await diarize.call(model, { samples, sampleRate: SAMPLE_RATE }, signal);
    const heard: Heard[] = [];
    for (const speaker of new Set(found.map((turn) => turn.speaker))) {
      const speech = speechOf(samples, found, speaker);
      const vector = await embed.call(model, { samples: speech, sampleRate: SAMPLE_RATE }, signal);
      heard.push({ speaker, vector, vague: speech.length < VAGUE });
    }
    const numbers = joinVoices(heard, voices);
    for (const turn of found)
      turns.push({
        startMs: startMs + turn.startMs,
        endMs: startMs + turn.endMs,
        speaker: numbers.get(turn.speaker) ?? 0,
      });
  }
  const vectors = voices.map((voice) => unit(voice.vector));
  return { turns: turns.sort((a, b) => a.startMs - b.startMs), known: matchVoices(vectors, known, 'known') };
}

/** Which known speaker the voice of a whole source is. Throws as `findVoices`. */
export async function vectorOf({ model, source, signal }: Omit<VoicesJob, 'known'>): Promise<Float32Array> {
  const { diarize, embed } = model;
  if (diarize === undefined || embed === undefined)
    throw new VoxError('wrong_kind', 'this model tells no voices apart', { param: 'model' });
  const speech: Float32Array[] = [];
  let length = 0;
  for await (const samples of blocksOf(source)) {
    const found = await diarize.call(model, { samples, sampleRate: SAMPLE_RATE }, signal);
    // Whoever speaks most: what else is to be heard is a leak of the other side.
    const part = speechOf(samples, found, longestSpeaker(found));
    speech.push(part);
    length += part.length;
    if (length >= ENOUGH) break;
  }
  return embed.call(model, { samples: joinSamples(speech), sampleRate: SAMPLE_RATE }, signal);
}

/** Blocks as long as they may be. */
async function* blocksOf(source: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array> {
  let gathered: Float32Array[] = [];
  let length = 0;
  for await (const block of source) {
    gathered.push(block);
    length += block.length;
    if (length < BLOCK) continue;
    yield joinSamples(gathered);
    gathered = [];
    length = 0;
  }
  if (length > 0) yield joinSamples(gathered);
}

/** What one speaker says, the longest turns first, where nobody else talks as far as there is such. */
function speechOf(samples: Float32Array, turns: readonly SpeakerTurn[], speaker: number): Float32Array {
  const own = turns.filter((turn) => turn.speaker === speaker);
  const alone = own.filter(
    (turn) =>
      !turns.some(
        (other) => other.speaker !== speaker && other.startMs < turn.endMs && other.endMs > turn.startMs,
      ),
  );
  const longest = [...(alone.length > 0 ? alone : own)].sort(
    (a, b) => b.endMs - b.startMs - (a.endMs - a.startMs),
  );
  const parts: Float32Array[] = [];
  let length = 0;
  for (const { startMs, endMs } of longest) {
    const from = Math.round((startMs / 1000) * SAMPLE_RATE);
    const part = samples.subarray(from, Math.min(Math.round((endMs / 1000) * SAMPLE_RATE), from + ENOUGH));
    parts.push(part);
    length += part.length;
    if (length >= ENOUGH) break;
  }
  return joinSamples(parts);
}

function longestSpeaker(turns: readonly SpeakerTurn[]): number {
  const spoken = new Map<number, number>();
  for (const { speaker, startMs, endMs } of turns)
    spoken.set(speaker, (spoken.get(speaker) ?? 0) + endMs - startMs);
  return [...spoken].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** The number over the whole recording of each voice of a block; new ones are added to `voices`. */
function joinVoices(heard: readonly Heard[], voices: Voice[]): Map<number, number> {
  const numbers = new Map<number, number>();
  const candidates = voices.map((voice) => unit(voice.vector));
  for (const vague of [false, true]) {
    const some = heard.filter((one) => one.vague === vague);
    const same = matchVoices(
      some.map((one) => one.vector),
      candidates,
      vague ? 'vague' : 'block',
    );
    some.forEach(({ speaker, vector }, index) => {
      const number = same[index] ?? voices.length;
      const voice = voices[number];
      if (voice === undefined) voices.push({ vector: Float32Array.from(vector) });
      else if (!vague)
        vector.forEach((value, dimension) => {
          voice.vector[dimension] = (voice.vector[dimension] ?? 0) + value;
        });
      numbers.set(speaker, number);
    });
  }
  return numbers;
}
