/** Names that stand for a model of this machine: those that the user set, and OpenAI's. */
import type { Manifest } from '../models/types.js';

export type Job = 'stt' | 'tts';

/** A name that the user set, e.g. `whisper-1` for `whisper:base`. */
export interface Alias {
  readonly name: string;
  /** Model as the user would write it. */
  readonly target: string;
}

/** An alias and the pulled model behind it. */
export interface AliasedModel {
  readonly name: string;
  readonly manifest: Manifest;
}

/**
 * Names of OpenAI's audio models (openapi.yaml, 2026-08-21): whoever sends one means "your default", unless the user set
 * an alias of that name.
 */
export const FOREIGN_NAMES: ReadonlyMap<string, Job> = new Map([
  ['whisper-1', 'stt'],
  ['gpt-4o-transcribe', 'stt'],
  ['gpt-4o-transcribe-diarize', 'stt'],
  ['gpt-4o-mini-transcribe', 'stt'],
  ['gpt-4o-mini-transcribe-2025-12-15', 'stt'],
  ['gpt-transcribe', 'stt'],
  ['gpt-live-transcribe', 'stt'],
  ['gpt-realtime-whisper', 'stt'],
  ['tts-1', 'tts'],
  ['tts-1-hd', 'tts'],
  ['gpt-4o-mini-tts', 'tts'],
  ['gpt-4o-mini-tts-2025-12-15', 'tts'],
]);

/**
 * Names of other services' models, of which there are too many to list: Deepgram's for recognition (its `model` parameter:
 * nova-3, nova-2-phonecall, enhanced, base-general, whisper-large) and ElevenLabs' voices (eleven_flash_v2_5).
 */
const FOREIGN_FAMILIES: readonly { readonly names: RegExp; readonly job: Job }[] = [
  { names: /^(?:nova|enhanced)(?:-[a-z0-9]+)*$/, job: 'stt' },
  { names: /^base-[a-z]+$/, job: 'stt' },
  { names: /^whisper-(?:tiny|base|small|medium|large)$/, job: 'stt' },
  { names: /^eleven_[a-z0-9_]+$/, job: 'tts' },
];

/** What a name of another service asks for: the default of that job; undefined for all other names. */
export function foreignJob(name: string): Job | undefined {
  return FOREIGN_NAMES.get(name) ?? FOREIGN_FAMILIES.find(({ names }) => names.test(name))?.job;
}

/** Aliases by name; the first of a name counts. */
export function byName(aliases: readonly Alias[]): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  for (const { name, target } of aliases) if (!targets.has(name)) targets.set(name, target);
  return targets;
}
