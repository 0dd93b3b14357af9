/** HTTP as vLLM writes it: its errors, and server-sent events. */

/** A refusal with a status; `write` turns it into vLLM's shape. */
export class Refusal extends Error {
  /** @param {number} status @param {string} type e.g. `BadRequestError` @param {string | null} param */
  constructor(status, message, type = 'BadRequestError', param = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
  }
}

export function sendJson(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** `{"error":{message,type,param,code}}`, where `code` is the status again. */
export function errorBody({ status = 500, message, type = 'InternalServerError', param = null }) {
  return { error: { message, type, param, code: status } };
}

/** An open stream of events; `data` is JSON unless it is a string. */
export function eventStream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  return {
    send(data, event) {
      const line = typeof data === 'string' ? data : JSON.stringify(data);
      response.write(`${event ? `event: ${event}\n` : ''}data: ${line}\n\n`);
    },
    end: () => response.end(),
  };
}

/** The whole body, at most `limit` bytes. Throws a Refusal (413). */
export async function bodyOf(request, limit) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > limit) throw new Refusal(413, 'Maximum file size exceeded');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The fields of a multipart form, as a FormData. Throws a Refusal where it is none. */
export async function formOf(request, limit) {
  const body = await bodyOf(request, limit);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  try {
    return await new Response(body, { headers }).formData();
  } catch {
    throw new Refusal(400, 'The body is no multipart form', 'Bad Request');
  }
}
