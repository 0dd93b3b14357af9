/** From schema issues to one error that names the field. */
import { VoxError } from '@vox-speech/contract';
import type { Schema } from '../schema.js';

/**
 * The value as the schema's output.
 * @throws VoxError `invalid_request` whose message and `param` name the first field at fault and what is allowed
 */
export function validate<T>(schema: Schema<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const param = issue?.path.map(String).join('.') ?? '';
  const text = describe(issue?.message ?? 'invalid');
  if (param === '') throw new VoxError('invalid_request', `the body is not valid: ${text}`);
  throw new VoxError('invalid_request', `${param}: ${text}`, { param });
}

function describe(message: string): string {
  const text = message.replace(/^Invalid (input|option): /, '').replace(/\|/g, ', ');
  return text.endsWith('received undefined') ? 'this field is required' : text;
}
