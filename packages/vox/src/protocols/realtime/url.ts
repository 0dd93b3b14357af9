/** What the address of a socket says. Pure. */

export interface Address {
  /** As `Transcription.model`; absent = not said. */
  readonly model?: string;
}

/** OpenAI's models that answer in speech: who names one in the address means the server, not a recogniser. */
const CONVERSATION = /^gpt-(4o-|4o-mini-)?(realtime|live)(?!-(transcribe|whisper))/;

/** `intent` and `call_id`, which clients of OpenAI's send too, change nothing here. */
export function readAddress(url: string): Address {
  const at = url.indexOf('?');
  const model = at < 0 ? undefined : new URLSearchParams(url.slice(at + 1)).get('model')?.trim();
  return model === undefined || model === '' || CONVERSATION.test(model) ? {} : { model };
}
