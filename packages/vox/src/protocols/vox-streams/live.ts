/** `/v1/audio/stream`: a microphone; what is said as it is said. */
import type { LiveEvent } from '@vox-speech/contract';
import { VoxError } from '@vox-speech/contract';
import type { Runtime } from '../../runtime/types.js';
import { validate } from '../../transport/index.js';
import { microphoneOptions, type TextMessage } from './codec.js';
import type { Channel, Stream } from './conversation.js';
import { type Listening, listenTo, temperatureWarning } from './listening.js';
import { type Message, partial, transcript } from './render.js';
import { type LiveConfig, liveSchema } from './schema.js';

export async function openLive(runtime: Runtime, { body }: TextMessage, channel: Channel): Promise<Stream> {
  const config = validate(liveSchema, body);
  const render = renderer(config);
  let model = config.model;
  const on = {
    event(event: LiveEvent) {
      const message = render(event, model);
      if (message !== undefined) channel.send(message);
    },
    end: () => channel.done(),
  };
  const { session, warnings, append } = await english(config, (chosen) =>
    listenTo(runtime, channel, { model: chosen.model, options: microphoneOptions(chosen) }, on),
  );
  model = session.model;
  const all = [...warnings, ...temperatureWarning(config.temperature)].map(({ message }) => message);
  channel.send({ type: 'ready', ...(all.length === 0 ? {} : { warnings: all }) });
  return { audio: append, end: () => session.finish() };
}

/** The original's default is English; a model that has no English is asked without. */
async function english(
  config: LiveConfig,
  open: (config: LiveConfig) => Promise<Listening>,
): Promise<Listening> {
  try {
    return await open(config);
  } catch (error) {
    const defaulted = config.language === undefined && VoxError.is(error) && error.param === 'language';
    if (!defaulted) throw error;
    return open({ ...config, language: null });
  }
}

/** Remembers how much of an utterance was told: partials carry new words only, and only such as will not change. */
function renderer(config: LiveConfig): (event: LiveEvent, model: string) => Message | undefined {
  let told = { utterance: -1, characters: 0 };
  return (event, model) => {
    switch (event.type) {
      case 'speech-started':
        return { type: 'speech_started', timestamp_ms: Math.round(event.atMs) };
      case 'speech-stopped':
        return { type: 'speech_stopped', timestamp_ms: Math.round(event.atMs) };
      case 'partial': {
        if (told.utterance !== event.utterance) told = { utterance: event.utterance, characters: 0 };
        const text = event.text.slice(told.characters, event.stable).trim();
        if (!config.partials || text === '') return undefined;
        told.characters = event.stable;
        return partial(model, text, event.startMs, event.endMs);
      }
      case 'final':
        return event.text.trim() === ''
          ? undefined
          : transcript(model, event, config.include_word_timestamps);
      default:
        return undefined;
    }
  };
}
