/** The wire of each protocol that the load generator speaks. */

/** What a message of the server means to the generator. */
export type Heard =
  | { readonly type: 'ready' }
  /** `stable`: first characters that will not change; `endMs`: audio that the text covers. */
  | {
      readonly type: 'partial' | 'final';
      readonly utterance: number | undefined;
      readonly text: string;
      readonly stable?: number;
      readonly endMs?: number;
      readonly endpointToFinalMs?: number;
    }
  | { readonly type: 'error'; readonly message: string; readonly refused: boolean }
  | { readonly type: 'other' };

export interface Dialect {
  /** Path and query of stream `index`. */
  path(model: string, index: number, packetMs: number): string;
  /** The first message, if the client has to begin. */
  hello(model: string): string | undefined;
  /** Sent when the stream is over. */
  goodbye: string | undefined;
  read(message: Readonly<Record<string, unknown>>): Heard;
}

/** Close code "try again later". */
export const TRY_AGAIN = 1013;

/** `/v1/stt/ws`. */
const sttWs: Dialect = {
  path(model, index, packetMs) {
    const query = new URLSearchParams({
      call_id: `bench-${index}`,
      sample_rate: '16000',
      frame_ms: String(packetMs),
      ...(model === '' ? {} : { model }),
    });
    return `/v1/stt/ws?${query}`;
  },
  hello: () => undefined,
  goodbye: undefined,
  read(message) {
    switch (message.type) {
      case 'ready':
        return { type: 'ready' };
      case 'partial':
      case 'final':
        return {
          type: message.type,
          utterance: number(message.segment_seq),
          text: String(message.text ?? ''),
          ...optional('stable', message.stable),
          ...optional('endMs', message.end_ms),
          ...optional('endpointToFinalMs', message.endpoint_to_final_ms),
        };
      case 'error':
        return { type: 'error', message: String(message.message), refused: message.code === TRY_AGAIN };
      default:
        return { type: 'other' };
    }
  },
};

/** Vox's `/v1/audio/stream`. */
const voxStream: Dialect = {
  path: () => '/v1/audio/stream',
  hello: (model) =>
    JSON.stringify({ type: 'config', model, language: 'en', sample_rate: 16_000, partials: true }),
  goodbye: JSON.stringify({ type: 'end' }),
  read(message) {
    switch (message.type) {
      case 'ready':
        return { type: 'ready' };
      case 'transcript':
        return {
          type: message.is_partial === true ? 'partial' : 'final',
          utterance: undefined,
          text: String(message.text ?? ''),
          ...optional('endMs', message.end_ms),
        };
      case 'error':
        return { type: 'error', message: String(message.message), refused: message.code === 'overloaded' };
      default:
        return { type: 'other' };
    }
  },
};

export const DIALECTS: Readonly<Record<string, Dialect>> = { stt: sttWs, vox: voxStream };

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function optional<K extends string>(key: K, value: unknown): Partial<Record<K, number>> {
  return typeof value === 'number' ? ({ [key]: value } as Record<K, number>) : {};
}
