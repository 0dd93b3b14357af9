/**
 * What runs here, in Wyoming's words. Each pulled model is a program of its own, for `select-program`; before them stands one
 * with all of them, because clients that don't select take the first: Home Assistant sees every language and voice.
 */
import { VoxError } from '@vox-speech/contract';
import type { Manifest, Runtime } from '../../runtime/types.js';
import type { Data } from './codec.js';
import type { Transcribe, WantedVoice } from './schema.js';

/** Name of the program with everything in it. */
export const EVERYTHING = 'vox';

export type ProgramsRuntime = Pick<Runtime, 'list' | 'voices' | 'show' | 'defaultModel'>;

/** Models that this connection has selected. */
export interface Selected {
  readonly stt?: string;
  readonly tts?: string;
}

/** A voice as it is offered: its name says the model. */
interface Offered {
  readonly name: string;
  readonly description: string;
  readonly languages: readonly string[];
  readonly manifest: Manifest;
  /** The model's own name of it. */
  readonly id: string;
}

export interface ChosenVoice {
  /** '' = the default. */
  readonly model: string;
  readonly voice: string;
}

/** The data of `info`: pulled models that can transcribe or speak, the default of each kind first. Loads nothing. */
export async function describe(runtime: ProgramsRuntime, version: string): Promise<Data> {
  const [recognisers, speakers] = await Promise.all([ofKind(runtime, 'stt'), ofKind(runtime, 'tts')]);
  const voices = await Promise.all(speakers.map((manifest) => offeredBy(runtime, manifest)));
  const about = { attribution: { name: 'Vox', url: '' }, installed: true, version };
  const asr = (name: string, description: string, models: readonly Manifest[]) => ({
    name,
    ...about,
    description,
    models: models.map((manifest) => ({ ...artifact(manifest), languages: languagesOf(manifest) })),
    supports_transcript_streaming: true,
    // A recording is heard to its `audio-stop`; only who sends `vad_sensitivity` has the end found for it.
    requires_external_vad: true,
    prefers_auto_gain_enabled: true,
    prefers_noise_reduction_enabled: true,
  });
  const tts = (name: string, description: string, offered: readonly Offered[]) => ({
    name,
    ...about,
    description,
    voices: offered.map(({ name, description, languages, manifest }) => ({
      ...artifact(manifest),
      name,
      description,
      languages,
      speakers: null,
    })),
    supports_synthesize_streaming: true,
  });
  const speaking = speakers.flatMap((manifest, index) => {
    const offered = voices[index] ?? [];
    return offered.length === 0 ? [] : [{ manifest, offered }];
  });
  return {
    asr: [
      ...(recognisers.length === 0 ? [] : [asr(EVERYTHING, 'Vox, speech to text', recognisers)]),
      ...recognisers.map((manifest) => asr(manifest.reference, manifest.description, [manifest])),
    ],
    tts: [
      ...(speaking.length === 0
        ? []
        : [
            tts(
              EVERYTHING,
              'Vox, text to speech',
              speaking.flatMap(({ offered }) => offered),
            ),
          ]),
      ...speaking.map(({ manifest, offered }) => tts(manifest.reference, manifest.description, offered)),
    ],
    handle: [],
    intent: [],
    wake: [],
    mic: [],
    snd: [],
  };
}

/** The selection after `select-program`. Throws `model_unknown`, `model_not_pulled`, `wrong_kind`. */
export async function select(runtime: ProgramsRuntime, selected: Selected, name: string): Promise<Selected> {
  if (name === EVERYTHING) return {};
  const { reference, kind } = await runtime.show(name);
  if (kind === 'stt' || kind === 'tts') return { ...selected, [kind]: reference };
  throw new VoxError('wrong_kind', `'${reference}' neither transcribes nor speaks`, { param: 'name' });
}

/** The model for a transcription: named, selected, or the default; where that hears another language, the first that hears this one. */
export async function recogniser(
  runtime: ProgramsRuntime,
  selected: Selected,
  { model, language }: Transcribe,
): Promise<string> {
  if (model !== '' && model !== EVERYTHING) return model;
  if (selected.stt !== undefined) return selected.stt;
  if (language === undefined) return '';
  const hears = (manifest: Manifest): boolean => {
    const languages = languagesOf(manifest);
    return languages.length === 0 || languages.includes(language);
  };
  const models = await ofKind(runtime, 'stt');
  return models.find(hears)?.reference ?? '';
}

/**
 * The voice for a text: by the name it is offered under, by a model, by its name within the model that is selected or the
 * default; else by language. Throws `invalid_request` where no voice speaks the language, or the speaker is unknown.
 */
export async function chooseVoice(
  runtime: ProgramsRuntime,
  selected: Selected,
  { name, language, speaker }: WantedVoice,
): Promise<ChosenVoice> {
  const usual = selected.tts ?? '';
  if (name === undefined && language !== undefined) return byLanguage(runtime, selected, language);
  const chosen =
    name === undefined || name === EVERYTHING
      ? { model: usual, voice: '' }
      : await byName(runtime, usual, name);
  if (speaker === undefined) return chosen;
  const model = chosen.model === '' ? (await runtime.defaultModel('tts')).reference : chosen.model;
  const own = await runtime.voices(model);
  const found = own.find(({ id }) => id === speaker) ?? own.find((voice) => voice.name === speaker);
  if (found !== undefined) return { model, voice: found.id };
  const known = own.map(({ id }) => id).join(', ');
  throw new VoxError('invalid_request', `voice.speaker '${speaker}' is none of ${model}: ${known}`, {
    param: 'voice',
  });
}

async function byName(runtime: ProgramsRuntime, usual: string, name: string): Promise<ChosenVoice> {
  const models = await ofKind(runtime, 'tts');
  // `MODEL` or `MODEL/VOICE`; names of models have no slash.
  const at = name.indexOf('/');
  const owner = models.find(({ reference }) => reference === (at < 0 ? name : name.slice(0, at)));
  if (owner !== undefined) return { model: owner.reference, voice: at < 0 ? '' : name.slice(at + 1) };
  const other = await runtime.show(name).catch(() => undefined);
  if (other?.kind === 'tts') return { model: other.reference, voice: '' };
  return { model: usual, voice: name };
}

async function byLanguage(
  runtime: ProgramsRuntime,
  selected: Selected,
  wanted: string,
): Promise<ChosenVoice> {
  const models = await ofKind(runtime, 'tts');
  const allowed = models.filter(({ reference }) => selected.tts === undefined || reference === selected.tts);
  const offered = (await Promise.all(allowed.map((manifest) => offeredBy(runtime, manifest)))).flat();
  const tag = wanted.toLowerCase().replaceAll('_', '-');
  const primary = tag.split('-', 1)[0];
  const speaking = offered.filter(({ languages }) =>
    languages.some((language) => language.split('-', 1)[0] === primary),
  );
  // Without a region any will do, the default first.
  const found =
    speaking.find(
      ({ languages }) => tag !== primary && languages.some((language) => language.toLowerCase() === tag),
    ) ?? speaking[0];
  if (found !== undefined) return { model: found.manifest.reference, voice: found.id };
  throw new VoxError(
    'invalid_request',
    `voice.language '${wanted}': no pulled voice speaks it; find one with: vox search --kind tts --language ${primary}`,
    { param: 'voice' },
  );
}

/** Pulled models, the default first. */
async function ofKind(runtime: ProgramsRuntime, kind: 'stt' | 'tts'): Promise<readonly Manifest[]> {
  const models = (await runtime.list()).filter((manifest) => manifest.kind === kind);
  if (models.length < 2) return models;
  const usual = await runtime.defaultModel(kind).catch(() => undefined);
  const first = models.filter(({ reference }) => reference === usual?.reference);
  return [...first, ...models.filter((manifest) => !first.includes(manifest))];
}

/** Its voices, without those that speak wrongly. A model that says nothing of itself until it is loaded has one. */
async function offeredBy(runtime: ProgramsRuntime, manifest: Manifest): Promise<readonly Offered[]> {
  const { reference, description, info } = manifest;
  if (info === undefined)
    return [{ name: reference, description, languages: manifest.languages, manifest, id: 'default' }];
  // One that was removed meanwhile is not offered.
  const voices = await runtime.voices(reference).catch(() => []);
  return voices
    .filter(({ warning }) => warning === undefined)
    .map(({ id, name, language }) => ({
      name: id === 'default' ? reference : `${reference}/${id}`,
      description: id === 'default' ? description : `${name} (${reference})`,
      languages: language === undefined ? languagesOf(manifest) : [region(language)],
      manifest,
      id,
    }));
}

function artifact({ reference, description, origin, license }: Manifest) {
  return {
    name: reference,
    attribution: { name: origin, url: license.url ?? '' },
    installed: true,
    description,
    version: null,
  };
}

function languagesOf({ info, languages }: Manifest): readonly string[] {
  return info?.languages ?? languages;
}

/** `en-us` as people and Home Assistant write it: `en-US`. */
function region(language: string): string {
  return language.replace(/-([a-z]{2})$/i, (_, code: string) => `-${code.toUpperCase()}`);
}
