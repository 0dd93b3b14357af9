/** The OpenAPI document: dialects describe their routes with the schemas that validate them; this puts them together. */
import { ERRORS, type ErrorCode } from '@vox-speech/contract';
import type { Schema } from '../schema.js';

type Json = Record<string, unknown>;

/** A field of a form, or a parameter of a path or query, as JSON Schema. */
export interface FieldSchema {
  readonly schema: Json;
  readonly description?: string;
  readonly required?: boolean;
}

export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/models/{name}`. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** Heading that it stands under. */
  readonly tag: string;
  readonly query?: Readonly<Record<string, FieldSchema>>;
  /** A body of JSON. */
  readonly json?: Schema<unknown>;
  /** A multipart body; a file is `{ type: 'string', format: 'binary' }`. */
  readonly form?: Readonly<Record<string, FieldSchema>>;
  /** A body that is the file itself: its media types. */
  readonly file?: readonly string[];
  /** Content types of a good answer, each with the schema of its body. */
  readonly answer: Readonly<Record<string, Json>>;
  /** What may go wrong besides what may always go wrong. */
  readonly errors: readonly ErrorCode[];
  /** The body of an error where the dialect has its own; absent = ours. */
  readonly failure?: Json;
}

/** What any route may answer: malformed, no key, wrong host, fault of ours, stopping. */
const ALWAYS: readonly ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'internal',
  'shutting_down',
];
/** What a request with a body may meet. */
const WITH_BODY: readonly ErrorCode[] = ['too_large', 'unsupported_media', 'timeout'];

/** What looking a model up may meet. */
export const LOOKUP_ERRORS = ['model_unknown', 'model_not_pulled', 'model_broken'] as const;
/** What work on a model may meet, of any kind of work. */
export const MODEL_ERRORS = [
  ...LOOKUP_ERRORS,
  'wrong_kind',
  'overloaded',
  'out_of_memory',
  'restarting',
  'runner_crashed',
  'engine_missing',
] as const;

const PARAMETER = /\{(\w+)\}/g;

/** The document. `version` is the product's. */
export function openapi(operations: readonly Operation[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const row = paths[operation.path] ?? {};
    row[operation.method] = described(operation);
    paths[operation.path] = row;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Vox',
      version,
      description: 'Speech to text and text to speech on your own machine. See docs/http.md for more.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }, { header: [] }, { query: [] }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        query: { type: 'apiKey', in: 'query', name: 'api_key' },
      },
      schemas: { Error: ERROR },
    },
    paths,
  };
}

/** `detail` is always there; under `/v1/` OpenAI's `error` beside it. */
const ERROR: Json = {
  type: 'object',
  required: ['detail'],
  properties: {
    detail: {
      description: 'What is wrong and what to do; for fields at fault, one entry each.',
      type: ['string', 'array'],
    },
    error: {
      type: 'object',
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: 'string' },
      },
    },
  },
};

function described(operation: Operation): Json {
  const { method, path, summary, description, tag, json, form, file } = operation;
  const inPath = [...path.matchAll(PARAMETER)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
  const inQuery = Object.entries(operation.query ?? {}).map(([name, field]) => ({
    name,
    in: 'query',
    ...field,
  }));
  const parameters = [...inPath, ...inQuery];
  const body = json ? jsonBody(json) : form ? formBody(form) : file ? fileBody(file) : undefined;
  return {
    operationId: `${method}${path.replace(/[^A-Za-z0-9]+/g, '_')}`,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: responses(operation, body !== undefined),
  };
}

function jsonBody(json: Schema<unknown>): Json {
  return { 'application/json': { schema: json.toJsonSchema() } };
}

function fileBody(types: readonly string[]): Json {
  return Object.fromEntries(types.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]));
}

function formBody(form: Readonly<Record<string, FieldSchema>>): Json {
  const required = Object.keys(form).filter((name) => form[name]?.required);
  const properties = Object.fromEntries(
    Object.entries(form).map(([name, { schema, description }]) => [
      name,
      description === undefined ? schema : { ...schema, description },
    ]),
  );
  return { 'multipart/form-data': { schema: { type: 'object', required, properties } } };
}

function responses({ answer, errors, failure }: Operation, hasBody: boolean): Json {
  const content = Object.fromEntries(Object.entries(answer).map(([type, schema]) => [type, { schema }]));
  const meanings = new Map<number, string[]>();
  for (const code of new Set([...ALWAYS, ...(hasBody ? WITH_BODY : []), ...errors])) {
    const { http, meaning } = ERRORS[code];
    meanings.set(http, [...(meanings.get(http) ?? []), `\`${code}\`: ${meaning}`]);
  }
  const failures = [...meanings].sort(([a], [b]) => a - b);
  return {
    200: { description: 'Done', content },
    ...Object.fromEntries(
      failures.map(([status, lines]) => [
        status,
        {
          description: lines.join('\n'),
          content: { 'application/json': { schema: failure ?? { $ref: '#/components/schemas/Error' } } },
        },
      ]),
    ),
  };
}
