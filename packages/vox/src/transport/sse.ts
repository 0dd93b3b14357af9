/** Server-sent events, as OpenAI's SDKs read them: `data:` lines alone, `[DONE]` as the last. */
import type { VoxError } from '@vox-speech/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { loggedError } from './errors.js';
import { requestSignal } from './signal.js';
import { started, streamBody } from './stream.js';

const SSE_TYPE = 'text/event-stream; charset=utf-8';

/**
 * Answers with the items as events. What fails before the first item rejects, and gets a proper status; what fails later
 * becomes the last event, because the status is long sent.
 * @param errorEvent renders such an error
 */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  items: AsyncIterable<unknown>,
  errorEvent: (error: VoxError) => unknown,
): Promise<FastifyReply> {
  const source = await started(items, requestSignal(request));
  return reply
    .type(SSE_TYPE)
    .header('cache-control', 'no-cache')
    .header('x-accel-buffering', 'no')
    .send(
      streamBody(
        lines(source, (thrown) =>
          errorEvent(loggedError(thrown, String(request.id), request.log, 'request failed')),
        ),
      ),
    );
}

async function* lines(
  source: AsyncIterable<unknown>,
  errorEvent: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const item of source) yield event(JSON.stringify(item));
    yield event('[DONE]');
  } catch (error) {
    yield event(JSON.stringify(errorEvent(error)));
  }
}

function event(data: string): Uint8Array {
  return Buffer.from(`data: ${data}\n\n`, 'utf8');
}
