/** `/v1/audio/stream`: a microphone; what is said as it is said. */
import type { LiveEvent } from '@vox-speech/contract';
import { temperatureWarning } from '../../runtime/listening.js';
import type { Runtime } from '../../runtime/types.js';
import { validate } from '../../transport/index.js';
import { liveRenderer } from '../vox-shapes/live-events.js';
import { listenToMicrophone } from '../vox-shapes/microphone.js';
import { type TextMessage, thresholds, unmet } from './codec.js';
import type { Channel, Stream } from './conversation.js';
import { liveSchema } from './schema.js';

export async function openLive(runtime: Runtime, { body }: TextMessage, channel: Channel): Promise<Stream> {
  const config = validate(liveSchema, body);
  const render = liveRenderer(config);
  let model = config.model;
  const on = {
    event(event: LiveEvent) {
      const message = render(event, model);
      if (message !== undefined) channel.send({ type: message.type, ...message.fields });
    },
    end: () => channel.done(),
  };
  const { session, warnings, append } = await listenToMicrophone(
    runtime,
    channel,
    { ...config, ...thresholds(config) },
    on,
  );
  model = session.model;
  const all = [...warnings, ...unmet(config), ...temperatureWarning(config.temperature)].map(
    ({ message }) => message,
  );
  channel.send({ type: 'ready', ...(all.length === 0 ? {} : { warnings: all }) });
  return { audio: append, end: () => session.finish() };
}
