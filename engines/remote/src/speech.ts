/** `/v1/audio/speech` of vLLM-Omni and every server that speaks as OpenAI does, and the voices that it has. */
import { encodeWav } from '@vox-speech/audio';
import { type Pcm, type SynthesizeOptions, type Upstream, type Voice, VoxError } from '@vox-speech/contract';
import { attempt } from './attempts.js';
import { call, textOf } from './call.js';
import { nameOf } from './failures.js';
import { languageName } from './language-names.js';
import { samplesOf } from './speech-audio.js';
import { type RemoteModel, refused } from './transcriptions.js';

/** What vLLM-Omni and OpenAI take. */
export const SPEEDS = { min: 0.25, max: 4 };

/**
 * Speech of one sentence, as it comes where the upstream can, else whole.
 * @param voice spoken where `options.voice` is `default`; undefined = the upstream has a default of its own
 * @throws VoxError `cancelled`, `upstream_unavailable`, `upstream_failed`, `upstream_stalled`, `overloaded`, and
 *   `invalid_request` with the upstream's words where it does not take what it is asked
 */
export async function* synthesize(
  { pool, parameters, stallMs }: RemoteModel,
  voice: string | undefined,
  text: string,
  options: SynthesizeOptions,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const { sampleRate } = parameters;
  const body = Buffer.from(JSON.stringify(requestOf({ parameters, voice, text, options })));
  yield* attempt(pool, signal, async function* (upstream) {
    const answer = await call(upstream, {
      method: 'POST',
      path: '/v1/audio/speech',
      contentType: 'application/json',
      body,
      signal,
      stallMs,
    });
    if (answer.status !== 200) throw await refused(upstream, answer);
    for await (const samples of samplesOf(upstream, answer, sampleRate)) yield { samples, sampleRate };
  });
}

interface Ask {
  readonly parameters: RemoteModel['parameters'];
  readonly voice: string | undefined;
  readonly text: string;
  readonly options: SynthesizeOptions;
}

function requestOf({ parameters, voice, text, options }: Ask): Record<string, unknown> {
  const { served, task, streaming, languages } = parameters;
  const { speed, language, instructions, reference } = options;
  const named = options.voice === 'default' ? voice : options.voice;
  return {
    model: served,
    input: text,
    ...(speed === 1 ? {} : { speed }),
    // vLLM-Omni streams at its own pace only.
    ...(streaming && speed === 1
      ? { response_format: 'pcm', stream_format: 'audio' }
      : { response_format: 'wav' }),
    // Those that speak several languages are told which, by name; others know no such field.
    ...(language !== undefined && languages.includes(language) ? { language: languageName(language) } : {}),
    ...(task === undefined ? {} : { task_type: task }),
    ...(instructions === undefined || !parameters.instructions ? {} : { instructions }),
    ...(reference === undefined
      ? named === undefined
        ? {}
        : { voice: named }
      : {
          ref_audio: `data:audio/wav;base64,${Buffer.from(
            encodeWav(reference.samples, reference.sampleRate),
          ).toString('base64')}`,
          ...(reference.text === '' ? {} : { ref_text: reference.text }),
        }),
  };
}

/**
 * Voices that an upstream lists at `/v1/audio/voices`; none where it has no such list.
 * @throws VoxError `cancelled`, `upstream_unavailable`, `upstream_failed`, `upstream_stalled`
 */
export async function discoverVoices({ pool, stallMs }: RemoteModel, signal: AbortSignal): Promise<Voice[]> {
  const lists = attempt(pool, signal, async function* (upstream): AsyncGenerator<Voice[]> {
    const answer = await call(upstream, { method: 'GET', path: '/v1/audio/voices', signal, stallMs });
    if (answer.status >= 500) throw await refused(upstream, answer);
    const body = await textOf(upstream, answer);
    yield answer.status === 200 ? voicesIn(upstream, body) : [];
  });
  for await (const voices of lists) return voices;
  return [];
}

function voicesIn(upstream: Upstream, body: string): Voice[] {
  let list: unknown;
  try {
    list = (JSON.parse(body) as { voices?: unknown } | null)?.voices;
  } catch {
    throw new VoxError(
      'upstream_failed',
      `${nameOf(upstream)} answered /v1/audio/voices with what is no JSON`,
    );
  }
  if (!Array.isArray(list)) return [];
  const names = (list as unknown[]).flatMap((voice) => {
    const named = voice as { id?: unknown; voice_id?: unknown; name?: unknown } | null;
    const id = typeof voice === 'string' ? voice : (named?.id ?? named?.voice_id ?? named?.name);
    return typeof id === 'string' && id !== '' ? [id] : [];
  });
  return voicesNamed(names);
}

/** Voices of which only the name is known. */
export function voicesNamed(names: readonly string[]): Voice[] {
  return [...new Set(names)].map((id) => ({ id, name: id }));
}
