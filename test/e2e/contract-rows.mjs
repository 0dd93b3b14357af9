/**
 * The contract of HTTP as a table: one row a route and status, with the exact shape of its answer. A row:
 *
 *   { do: 'POST /api/show', json | form | body, headers, status, type, has, is }
 *
 * `is` is what the body must be: values as they are, functions for what varies (they get the value), and no key more or
 * less. `type` is the Content-Type, `has` are headers. `before` runs first and may answer what runs afterwards.
 * Other tables (OpenAI's routes) bring their own rows and call `runRows`.
 */
import assert from 'node:assert/strict';

/** A value of a kind, where the value itself varies. */
export const a = {
  string: (value) => typeof value === 'string' && value !== '',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  /** Unix seconds, about now. */
  moment: (value) => Math.abs(value - Date.now() / 1000) < 3600,
  positive: (value) => Number.isInteger(value) && value > 0,
  count: (value) => Number.isInteger(value) && value >= 0,
  digest: (value) => /^sha256-[0-9a-f]{64}$/.test(value),
  text: (pattern) => (value) => pattern.test(value),
  /** Each of at least one item. */
  each: (shape) => (value) =>
    Array.isArray(value) && value.length > 0 && value.every((item) => differences(item, shape).length === 0),
};

/** The errors of both generations: V1 has `detail` alone, `/v1` has OpenAI's `error` beside it. */
export const detail = (pattern) => ({ detail: a.text(pattern) });
export const fault = (code, pattern, { type = 'invalid_request_error', param = null } = {}) => ({
  error: { message: a.text(pattern), type, param, code },
  detail: a.text(pattern),
});
/** 422 with every field at fault. */
export const fields = (...issues) => ({ detail: issues });
export const fieldsV2 = (param, ...issues) => ({
  error: { message: a.string, type: 'invalid_request_error', param, code: 'unprocessable' },
  detail: issues,
});
export const missing = (name, input) => ({
  type: 'missing',
  loc: name === undefined ? ['body'] : ['body', name],
  msg: 'Field required',
  input,
});

/** What differs between a value and its shape, one line each. */
export function differences(value, shape, where = 'body') {
  if (typeof shape === 'function') {
    return shape(value) ? [] : [`${where}: ${JSON.stringify(value)} is not what it should be`];
  }
  if (typeof shape !== 'object' || shape === null) {
    return Object.is(value, shape)
      ? []
      : [`${where}: ${JSON.stringify(value)} instead of ${JSON.stringify(shape)}`];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) !== Array.isArray(shape))
    return [`${where}: ${JSON.stringify(value)} is another kind of value`];
  const keys = new Set([...Object.keys(value), ...Object.keys(shape)]);
  return [...keys].flatMap((key) => {
    const at = `${where}.${key}`;
    if (!(key in shape)) return [`${at}: should not be there (${JSON.stringify(value[key])})`];
    if (!(key in value)) return [`${at}: is missing`];
    return differences(value[key], shape[key], at);
  });
}

/** Asks what a row says, and returns what is wrong with the answer, one line each. */
export async function checkRow(url, row) {
  const after = await row.before?.();
  try {
    return await ask(url, row);
  } finally {
    await after?.();
  }
}

async function ask(url, row) {
  const [method, path] = row.do.split(' ');
  const headers = {
    ...(row.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...row.headers,
  };
  const body = row.json === undefined ? (row.form?.() ?? row.body) : JSON.stringify(row.json);
  const answer = await fetch(`${url}${path}`, { method, headers, body });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const wrong = [];
  const type = answer.headers.get('content-type') ?? '';
  if (answer.status !== row.status) wrong.push(`status ${answer.status}: ${bytes.toString('utf8', 0, 300)}`);
  const wanted = row.type ?? 'application/json; charset=utf-8';
  if (type !== wanted) wrong.push(`Content-Type ${type} instead of ${wanted}`);
  for (const [name, shape] of Object.entries({ 'x-request-id': a.string, ...row.has }))
    wrong.push(...differences(answer.headers.get(name), shape, name));
  if (row.is === undefined) return wrong;
  return [...wrong, ...differences(read(type, bytes), row.is)];
}

/** JSON as its value, NDJSON as its lines, text as text, anything else as bytes. */
function read(type, bytes) {
  try {
    if (type.startsWith('application/json')) return JSON.parse(bytes.toString());
    if (type.startsWith('application/x-ndjson'))
      return bytes
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
  } catch (error) {
    return `no JSON: ${error.message}`;
  }
  return type.startsWith('text/') ? bytes.toString() : bytes;
}

/** Runs every row in order, and fails with all that is wrong. Prints how many there are, and of how many routes. */
export async function runRows(t, url, rows) {
  const wrong = [];
  for (const [index, row] of rows.entries()) {
    const found = await checkRow(url, row).catch((error) => [String(error.cause ?? error)]);
    wrong.push(...found.map((line) => `row ${index + 1}, ${row.do} ${row.status}: ${line}`));
  }
  const routes = new Set(rows.map((row) => row.do.split('?')[0]));
  t.diagnostic(`${rows.length} rows, ${routes.size} routes`);
  assert.deepEqual(wrong, []);
}

/** A multipart form; a value that is bytes is a file. Made anew for each call, since a form is read once. */
export const form = (values) => () => {
  const made = new FormData();
  for (const [name, value] of Object.entries(values)) {
    if (Buffer.isBuffer(value)) made.append(name, new Blob([value]), 'audio');
    else made.append(name, value);
  }
  return made;
};
