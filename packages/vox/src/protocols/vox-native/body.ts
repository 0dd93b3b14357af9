/**
 * Bodies as the original checks them: what has not the right fields is answered 422 with every field at fault
 * (`{"detail": [{type, loc, msg, input}]}`), in the words of its framework, since clients look for them.
 */
import { type FieldIssue, VoxError } from '@vox-speech/contract';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Schema } from '../../schema.js';
import { readJson } from '../../transport/index.js';

/** Bodies of the routes that carry a few names and numbers. */
const MAX_BYTES = 64 * 1024;

export interface BodyOptions {
  readonly maxBytes?: number;
  readonly stallMs?: number;
  /** No body counts as `{}`. */
  readonly optional?: boolean;
}

/**
 * The JSON body as the schema's output.
 * @throws VoxError `unprocessable` with every field at fault; `too_large`, `timeout`, `cancelled`
 */
export async function readBody<T>(
  schema: Schema<T>,
  request: FastifyRequest,
  options: BodyOptions = {},
): Promise<T> {
  const { optional = false, ...limits } = options;
  const body = await readJson(request, { maxBytes: MAX_BYTES, ...limits, optional: true }).catch(asIssue);
  if (body === undefined && !optional)
    throw unprocessable([{ type: 'missing', loc: ['body'], msg: REQUIRED, input: null }]);
  const value = body ?? {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => issueOf(issue, value));
  // A schema made of two says what is wrong with both in both.
  throw unprocessable([...new Map(issues.map((issue) => [JSON.stringify(issue.loc), issue])).values()]);
}

/** The error of fields that are not what they should be. Its message names the first. */
export function unprocessable(issues: readonly FieldIssue[]): VoxError {
  const first = issues[0];
  const field = (first?.loc ?? []).slice(1).join('.');
  const param = field === '' ? {} : { param: field };
  return new VoxError('unprocessable', `${field || 'body'}: ${first?.msg ?? 'not valid'}`, {
    ...param,
    issues,
  });
}

/** The error of a form without a field that it needs. */
export function missingField(name: string): VoxError {
  return unprocessable([{ type: 'missing', loc: ['body', name], msg: REQUIRED, input: null }]);
}

/**
 * What `read` makes of a field of a form; where it refuses, the error is of the field.
 * @param fault the original's word and sentence for it
 */
export function fieldOf<T>(
  name: string,
  input: string | undefined,
  fault: Readonly<{ type: string; msg: string }>,
  read: () => T,
): T {
  try {
    return read();
  } catch (error) {
    if (!VoxError.is(error) || error.code !== 'invalid_request') throw error;
    throw unprocessable([{ ...fault, loc: ['body', name], input: input ?? null }]);
  }
}

const REQUIRED = 'Field required';

function asIssue(error: unknown): never {
  if (!VoxError.is(error) || error.code !== 'invalid_request') throw error;
  throw unprocessable([{ type: 'json_invalid', loc: ['body'], msg: error.message, input: {} }]);
}

/** Words of pydantic for what zod expected. */
const TYPES: Readonly<Record<string, readonly [type: string, msg: string]>> = {
  string: ['string_type', 'Input should be a valid string'],
  number: ['float_type', 'Input should be a valid number'],
  int: ['int_type', 'Input should be a valid integer'],
  boolean: ['bool_type', 'Input should be a valid boolean'],
  object: ['model_attributes_type', 'Input should be a valid dictionary or object to extract fields from'],
};

function issueOf(issue: z.core.$ZodIssue, body: unknown): FieldIssue {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const loc = ['body', ...path];
  const input = valueAt(body, path);
  // A field of two names is at fault under the first, and its parent is what lacks it.
  if (path.length > 0 && (input === undefined || issue.code === 'custom'))
    return { type: 'missing', loc, msg: REQUIRED, input: valueAt(body, path.slice(0, -1)) };
  if (issue.code === 'invalid_type') {
    const [type, msg] = TYPES[issue.expected] ?? ['value_error', issue.message];
    return { type, loc, msg, input };
  }
  if (issue.code === 'too_small') {
    const msg = `Input should be greater than or equal to ${issue.minimum}`;
    return { type: 'greater_than_equal', loc, msg, input };
  }
  return { type: 'value_error', loc, msg: issue.message, input };
}

function valueAt(body: unknown, path: readonly (string | number)[]): unknown {
  let value = body;
  for (const part of path) value = (value as Record<string, unknown> | null | undefined)?.[part];
  return value;
}
