/** `/v1/audio/speech/stream`: a text as it is written, spoken from its first sentence on. */
import { OggPackets } from '@vox-speech/audio';
import type { Runtime } from '../../runtime/types.js';
import { validate } from '../../transport/index.js';
import { speechRequest, type TextMessage, textOf } from './codec.js';
import type { Channel, Stream } from './conversation.js';
import { speechProgress, speechReady } from './render.js';
import { speechSchema } from './schema.js';

/** Hz at which Opus is decoded, whatever went in (RFC 6716, 2). */
const OPUS_RATE = 48_000;

export async function openSpeech(runtime: Runtime, { body }: TextMessage, channel: Channel): Promise<Stream> {
  const config = validate(speechSchema, body);
  const { response_format } = config;
  const packets = response_format === 'opus' ? new OggPackets() : undefined;
  let characters = 0;
  let started = false;
  const start = (sampleRate: number): void => {
    if (started) return;
    started = true;
    channel.send({ type: 'audio_start', sample_rate: packets ? OPUS_RATE : sampleRate, response_format });
  };
  const speech = await runtime.speakStream(speechRequest(config, channel.signal), {
    async audio(bytes) {
      start(speech.sampleRate);
      if (packets === undefined) return channel.sendBytes(bytes);
      for (const packet of packets.push(bytes)) await channel.sendBytes(packet);
    },
    progress: (progress) => channel.send(speechProgress(progress)),
  });
  channel.send(speechReady(speech.model, config, speech.warnings));
  speech.done.then(
    ({ durationMs, processingMs }) => {
      channel.send({
        type: 'done',
        response_format,
        audio_duration_ms: Math.round(durationMs),
        processing_ms: Math.round(processingMs),
        text_length: characters,
      });
      channel.done();
    },
    (error: unknown) => channel.fail(error),
  );
  return {
    text(message) {
      const text = textOf(message);
      speech.append(text);
      characters += text.length;
    },
    end: () => speech.finish(),
  };
}
