/** Vox's own WebSockets under `/v1/audio`: docs/streams.md. */
import type { Log } from '../../observe/index.js';
import type { Runtime } from '../../runtime/types.js';
import type { Upgrades } from '../../transport/index.js';
import { type ConversationOptions, converse } from './conversation.js';
import { openLive } from './live.js';
import { openSpeech } from './speech.js';
import { openTranscription } from './transcription.js';

export interface VoxStreamsOptions {
  readonly runtime: Runtime;
  readonly log: Log;
}

/** Bytes of one message: minutes of encoded audio. A larger one closes the connection with 1009. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** Registers the three streams. */
export function register(upgrades: Pick<Upgrades, 'add'>, { runtime, log }: VoxStreamsOptions): void {
  const add = (path: string, wants: string, open: (...from: OpenArguments) => ReturnType<Open>): void =>
    upgrades.add({
      path,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      open: (socket) =>
        converse(socket, { wants, log, open: (message, channel) => open(runtime, message, channel) }),
    });
  add('/v1/audio/transcriptions/stream', 'audio', openTranscription);
  add('/v1/audio/speech/stream', 'text', openSpeech);
  add('/v1/audio/stream', 'audio', openLive);
}

type Open = ConversationOptions['open'];
type OpenArguments = [Runtime, ...Parameters<Open>];
