/** `/v1/audio/transcriptions/stream`: a recording of any length, sent bit by bit; its transcript at the end. */
import { Decoding } from '../../runtime/decoding.js';
import { listenTo, temperatureWarning } from '../../runtime/listening.js';
import type { Runtime } from '../../runtime/types.js';
import { validate } from '../../transport/index.js';
import type { Final } from '../vox-shapes/live-events.js';
import { DECODED_RATE, recordingOptions, type TextMessage } from './codec.js';
import type { Channel, Stream } from './conversation.js';
import { transcriptionDone, transcriptionProgress, transcriptionReady } from './render.js';
import { transcriptionSchema } from './schema.js';

export async function openTranscription(
  runtime: Runtime,
  { body }: TextMessage,
  channel: Channel,
): Promise<Stream> {
  const config = validate(transcriptionSchema, body);
  const { input_format: format, model, language } = config;
  const options = recordingOptions(config);
  const finals: Final[] = [];
  let samples = 0;
  const { session, warnings, append } = await listenTo(
    runtime,
    channel,
    { model, options },
    {
      event(event) {
        if (event.type !== 'final') return;
        finals.push(event);
        const uploadedMs = (samples / options.sampleRate) * 1000;
        channel.send(transcriptionProgress(uploadedMs, event.endMs, finals.length));
      },
      end({ audioMs }) {
        channel.send(transcriptionDone(session.model, finals, language, audioMs));
        channel.done();
      },
    },
  );
  const hear = (bytes: Uint8Array): Promise<void> | void => {
    samples += bytes.length / 2;
    return append(bytes);
  };
  const decoding =
    format === 'pcm16'
      ? undefined
      : new Decoding(
          (signal) => runtime.decodeStream({ format, sampleRate: DECODED_RATE, signal }),
          hear,
          channel.signal,
        );
  // A program that is missing is found out before `ready`.
  await decoding?.start();
  channel.send(
    transcriptionReady(session.model, config, [...warnings, ...temperatureWarning(config.temperature)]),
  );
  if (decoding === undefined) return { audio: hear, end: () => session.finish() };
  return {
    audio: (bytes) => decoding.write(bytes).catch((error) => channel.fail(error)),
    end: () =>
      decoding.end().then(
        () => session.finish(),
        (error) => channel.fail(error),
      ),
  };
}
