/** Errors as FastAPI has them: a `detail`, a text or one entry a field (tone.md section 2). Pure. */
import { type FieldIssue, VoxError } from '@vox-speech/contract';

/** The original's own words for a request without a valid key. */
const NO_KEY = 'Invalid or missing API key. Provide X-API-Key header';

/** What the original answers with 503 and the table with another status. */
export const STATUSES = { overloaded: 503, model_not_pulled: 503 } as const;

/** The body of an error of this dialect. */
export function errorBody(error: VoxError): { detail: unknown } {
  if (error.code === 'unauthorized') return { detail: NO_KEY };
  if (error.code === 'method_not_allowed') return { detail: 'Method Not Allowed' };
  if (error.code === 'model_not_pulled')
    return { detail: `Service unavailable: Model not loaded. ${error.message}` };
  return { detail: error.issues ?? error.message };
}

/** 422 for fields that are not there; all of them at once. */
export function missing(names: readonly string[]): VoxError {
  return fieldErrors(
    names.map((name) => ({ type: 'missing', loc: ['body', name], msg: 'Field required', input: null })),
  );
}

/** 422 for a field that is neither a yes nor a no. */
export function notBoolean(name: string, input: string): VoxError {
  const msg = 'Input should be a valid boolean, unable to interpret input';
  return fieldErrors([{ type: 'bool_parsing', loc: ['body', name], msg, input }]);
}

/** 422 for a field that is none of a few words. */
export function notAmong(name: string, words: readonly string[], input: string): VoxError {
  const msg = `Input should be ${words.map((word) => `'${word}'`).join(' or ')}`;
  return fieldErrors([{ type: 'literal_error', loc: ['body', name], msg, input }]);
}

/** 422 for a field that is no whole number from 0 on. */
export function notCount(name: string, input: string): VoxError {
  const msg = 'Input should be a whole number, 0 or greater';
  return fieldErrors([{ type: 'int_parsing', loc: ['body', name], msg, input }]);
}

function fieldErrors(issues: readonly FieldIssue[]): VoxError {
  const [first] = issues;
  const param = String(first?.loc.at(-1) ?? '');
  return new VoxError('unprocessable', `${param}: ${first?.msg ?? 'not valid'}`, { param, issues });
}

/** 404 in the original's words. */
export function unknownState(id: string): VoxError {
  return new VoxError('not_found', `State ID '${shown(id)}' not found`, { param: 'state_id' });
}

/** 400 in the original's words. */
export function emptyFile(name: string): VoxError {
  return new VoxError('empty_audio', `Empty file: ${shown(name || 'file')}`, { param: 'file' });
}

/**
 * 413. The upload was not read to its end, so its size is only told where the client stated it.
 * @param stated bytes of the whole body by its header
 */
export function tooLarge(limitBytes: number, stated: number | undefined): VoxError {
  const size = stated === undefined ? '' : `: ${(stated / MEBIBYTE).toFixed(2)} MB`;
  const limit = Number((limitBytes / MEBIBYTE).toFixed(2));
  return new VoxError('too_large', `File too large${size} (maximum: ${limit} MB)`, { param: 'file' });
}

const MEBIBYTE = 1024 * 1024;

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
