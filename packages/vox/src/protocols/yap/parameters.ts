/** What `session.update` may set: the model's name as in the original, and four things of ours. Pure. */
import { parseLanguage } from '../../runtime/languages.js';
import { badField, type Fault, fault } from './errors.js';
import { DELAY_MS, SAMPLE_RATE, STEP_MS } from './settings.js';

/** What holds for the utterances that begin from now on. */
export interface Parameters {
  readonly delayMs: number;
  /** ISO 639-1; absent = detect. */
  readonly language?: string;
}

export interface ParameterRules {
  /** Names by which the model may be asked for; the first is the one that is told. */
  readonly modelNames: readonly string[];
  /** What an absent or null `delay_ms` goes back to. */
  readonly delayMs: number;
}

export type ReadParameters =
  | { readonly ok: true; readonly parameters: Parameters }
  | { readonly ok: false; readonly fault: Fault };

/** Names of 16-bit little-endian samples that clients use. */
const PCM16: ReadonlySet<unknown> = new Set(['pcm16', 'pcm_s16le', 's16le', 'pcm']);

const CODE = /^[a-z]{2,3}$/;

type Payload = Readonly<Record<string, unknown>>;

/** A field that is absent stays as it is; null is the default. Nothing is changed where one is wrong. */
export function readParameters(payload: Payload, now: Parameters, rules: ParameterRules): ReadParameters {
  const wrong = modelFault(payload.model, rules) ?? formatFault(payload);
  if (wrong !== undefined) return { ok: false, fault: wrong };
  const delay = payload.delay_ms === undefined ? now.delayMs : (payload.delay_ms ?? rules.delayMs);
  if (!isDelay(delay)) {
    const wanted = `a multiple of ${STEP_MS} from ${DELAY_MS.min} to ${DELAY_MS.max} ms`;
    return { ok: false, fault: badField('delay_ms', wanted) };
  }
  const language = readLanguage(payload.language, now.language);
  if (!language.ok) return { ok: false, fault: badField('language', language.wanted) };
  const { code } = language;
  return { ok: true, parameters: { delayMs: delay, ...(code === undefined ? {} : { language: code }) } };
}

/** Whole steps of Voxtral, whatever the model: one rule for all. */
function isDelay(value: unknown): value is number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  return value >= DELAY_MS.min && value <= DELAY_MS.max && value % STEP_MS === 0;
}

function modelFault(model: unknown, { modelNames }: ParameterRules): Fault | undefined {
  // As in the original, what is no text means the default.
  if (typeof model !== 'string' || model.trim() === '' || modelNames.includes(model.trim())) return undefined;
  const [allowed = ''] = modelNames;
  const requested = model.slice(0, 100);
  return fault('invalid_payload', `model '${requested}' is not served here`, 'unsupported_model', {
    allowed_model: allowed,
    requested,
  });
}

/** The original takes whatever comes and hears noise; here a client that says what it sends is told. */
function formatFault({ format, sample_rate: rate, channels }: Payload): Fault | undefined {
  const only = (field: string, requested: unknown, allowed: unknown): Fault =>
    fault('invalid_payload', `payload.${field} must be ${allowed}`, 'unsupported_format', {
      field,
      allowed,
      requested: typeof requested === 'string' ? requested.slice(0, 100) : requested,
    });
  if (format !== undefined && format !== null && !PCM16.has(format)) return only('format', format, 'pcm16');
  if (rate !== undefined && rate !== null && rate !== SAMPLE_RATE)
    return only('sample_rate', rate, SAMPLE_RATE);
  if (channels !== undefined && channels !== null && channels !== 1) return only('channels', channels, 1);
  return undefined;
}

type ReadLanguage =
  | { readonly ok: true; readonly code: string | undefined }
  | { readonly ok: false; readonly wanted: string };

function readLanguage(value: unknown, now: string | undefined): ReadLanguage {
  if (value === undefined) return { ok: true, code: now };
  if (value === null) return { ok: true, code: undefined };
  const wanted = 'an ISO 639-1 code such as "en", or "auto"';
  if (typeof value !== 'string') return { ok: false, wanted };
  const code = parseLanguage(value);
  // Which languages there are, the model knows.
  return code === undefined || CODE.test(code) ? { ok: true, code } : { ok: false, wanted };
}
