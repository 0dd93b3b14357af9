/** `ConversationService`: hear and speak on one stream. `RtcService` is described, and refused: there is no WebRTC here. */
import { VoxError, type Warning } from '@vox-speech/contract';
import { parseLanguage } from '../../../runtime/languages.js';
import type { Listening, ListeningChannel } from '../../../runtime/listening.js';
import type { Runtime } from '../../../runtime/types.js';
import type { GrpcDuplex, GrpcServer } from '../../../transport/grpc/index.js';
import { warningHeader } from '../../../transport/index.js';
import { listenToMicrophone } from '../../vox-shapes/microphone.js';
import { Duplex } from '../duplex.js';
import type { PcmFrame, Reply } from '../messages.js';
import type { Protos } from '../proto.js';
import { Dialogue } from './dialogue.js';
import type { ConverseMessage, SessionUpdate } from './messages.js';
import { turnPolicy } from './policy.js';

/** Hz both ways, where a client does not say. */
const SAMPLE_RATE = 16_000;
/** Shortest time between what is told of an utterance that goes on, in ms: soon enough to be interrupted by. */
const PARTIAL_STRIDE_MS = 300;
/** Names of detectors in the original; what stands in for each here is Silero. */
const DETECTORS = new Set(['', 'silero', 'silero-torch', 'ten-vad']);

export function registerConversation(server: GrpcServer, protos: Protos, runtime: Runtime): void {
  server.add({
    kind: 'duplex',
    method: protos.method<ConverseMessage, Reply>('vox.ConversationService', 'Converse'),
    handle: (stream) => converse(runtime, stream),
  });
  server.add({
    kind: 'duplex',
    method: protos.method<ConverseMessage, Reply>('vox.RtcService', 'Control'),
    async handle() {
      throw new VoxError(
        'method_not_allowed',
        'RtcService: this server speaks no WebRTC; send the audio itself, over ConversationService',
      );
    },
  });
}

interface Session {
  readonly rate: number;
  readonly listening: Listening;
  readonly dialogue: Dialogue;
}

/** Resolves when the client has said all, all of it is heard, and all is spoken. */
function converse(runtime: Runtime, stream: GrpcDuplex<ConverseMessage, Reply>): Promise<void> {
  let session: Session | undefined;
  const duplex: Duplex<ConverseMessage> = new Duplex(stream, {
    take: (message) => take(message),
    ended: async () => {
      if (session === undefined) return duplex.end();
      session.listening.session.finish();
    },
  });
  const configured = (): Session => {
    if (session !== undefined) return session;
    throw new VoxError('invalid_request', 'send session_update first');
  };
  const take = (message: ConverseMessage): Promise<void> | void => {
    if (message.msg === 'session_update') {
      if (session !== undefined)
        throw new VoxError('invalid_request', 'This session is configured; open another one to change it');
      return open(runtime, duplex, message.session_update).then((opened) => {
        session = opened;
      });
    }
    const { dialogue, listening, rate } = configured();
    switch (message.msg) {
      case 'audio_append':
        return listening.append(samples(message.audio_append, rate));
      case 'response_start':
        return void dialogue.start(message.response_start.allow_interruptions ?? true);
      case 'response_delta': {
        const { delta, allow_interruptions: allowed = true } = message.response_delta;
        return dialogue.start(allowed).append(required(delta, 'delta'));
      }
      case 'response_replace_text': {
        const { text, allow_interruptions: allowed = true } = message.response_replace_text;
        return dialogue.replace(required(text, 'text'), allowed);
      }
      case 'response_commit':
        return dialogue.commit();
      case 'response_cancel':
        return dialogue.cancel();
      default:
        throw new VoxError('invalid_request', 'expected one message of ConverseClientMessage');
    }
  };
  return duplex.run();
}

async function open(
  runtime: Runtime,
  duplex: Duplex<ConverseMessage>,
  update: SessionUpdate,
): Promise<Session> {
  const { profile, policy } = turnPolicy(update.turn_profile, update.policy);
  const rate = update.sample_rate || SAMPLE_RATE;
  const language = parseLanguage(update.language);
  const channel: ListeningChannel = { signal: duplex.signal, fail: (error) => duplex.break(error) };
  const dialogue = new Dialogue({
    runtime,
    voice: {
      model: update.tts_model,
      voice: update.voice,
      sampleRate: rate,
      ...(language === undefined ? {} : { language }),
    },
    policy,
    words: update.include_word_timestamps,
    signal: duplex.signal,
    send: (message) => duplex.send(message),
    drained: () => duplex.drained(),
  });
  const listening = await listenToMicrophone(
    runtime,
    channel,
    {
      model: update.stt_model,
      language: update.language === '' ? undefined : update.language,
      sample_rate: rate,
      partials: true,
      partial_stride_ms: PARTIAL_STRIDE_MS,
      include_word_timestamps: update.include_word_timestamps,
      silence_ms: policy.vad_min_silence_ms,
    },
    {
      event: (event) => dialogue.hear(event),
      end: () => void dialogue.settled().then(() => duplex.end()),
    },
  );
  duplex.header(warningHeader([...listening.warnings, ...unmet(update)]));
  duplex.send({ session_created: { turn_profile: profile, policy } });
  return { rate, listening, dialogue };
}

function samples({ pcm16, sample_rate: stated }: PcmFrame, rate: number): Uint8Array {
  if (stated === 0 || stated === rate) return pcm16;
  throw new VoxError(
    'invalid_request',
    `sample_rate: this session is at ${rate} Hz, the audio says ${stated}`,
    {
      param: 'sample_rate',
    },
  );
}

function required(text: string, field: string): string {
  if (text !== '') return text;
  throw new VoxError('invalid_request', `${field} is empty`, { param: field });
}

/** What of a session can't be as it was asked for. Throws `invalid_request` for a detector nobody knows. */
function unmet({ vad_backend: vad, turn_detector: detector }: SessionUpdate): Warning[] {
  if (!DETECTORS.has(vad))
    throw new VoxError('invalid_request', `vad_backend: expected silero; got '${vad.slice(0, 60)}'`, {
      param: 'vad_backend',
    });
  const warnings: Warning[] = [];
  if (vad !== '' && vad !== 'silero')
    warnings.push({ type: 'adjusted', option: 'vad_backend', message: 'silero hears who speaks' });
  if (detector !== '')
    warnings.push({
      type: 'unsupported',
      option: 'turn_detector',
      message: 'a turn ends after vad_min_silence_ms of silence',
    });
  return warnings;
}
