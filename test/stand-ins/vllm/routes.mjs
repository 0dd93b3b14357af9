/** What is asked by HTTP, and by whom it is answered. */
import { bodyOf, errorBody, Refusal, sendJson } from './answers.mjs';
import { serveSpeech } from './speech.mjs';
import { serveTranscription } from './transcriptions.mjs';

/** Of the stand-in's own routes. */
const CONTROL_BYTES = 65_536;

/** vLLM asks for its key on everything under /v1, and on nothing else. */
export function isAuthorized(request, path, { apiKey }) {
  return (
    apiKey === undefined || !path.startsWith('/v1') || request.headers.authorization === `Bearer ${apiKey}`
  );
}

/** Answers one request, whatever becomes of it. */
export async function serveHttp(request, response, house) {
  const { pathname } = new URL(request.url, 'http://stand-in');
  if (!isAuthorized(request, pathname, house)) return sendJson(response, 401, { error: 'Unauthorized' });
  const route = ROUTES[`${request.method} ${pathname}`];
  try {
    if (route) return await route(request, response, house);
    const work = WORK[`${request.method} ${pathname}`];
    if (work) return await watched(work, pathname, request, response, house);
    throw new Refusal(404, 'Not Found', 'NotFoundError');
  } catch (error) {
    if (response.destroyed) return;
    if (response.headersSent) return response.destroy();
    const body = errorBody(error instanceof Refusal ? error : { message: error.message });
    sendJson(response, body.error.code, body);
  }
}

/** Runs what a model does, counts it, and stops it when its client leaves. */
async function watched(work, path, request, response, house) {
  const counted = house.ledger.request(path);
  const left = new AbortController();
  response.once('close', () => {
    house.ledger.endRequest(counted, !response.writableFinished);
    left.abort();
  });
  await work(request, response, house, left.signal, counted);
}

const WORK = {
  'POST /v1/audio/transcriptions': (...all) => serveTranscription('transcription', ...all),
  'POST /v1/audio/translations': (...all) => serveTranscription('translation', ...all),
  'POST /v1/audio/speech': serveSpeech,
};

const ROUTES = {
  'GET /health': (_request, response, { switches }) => {
    response.writeHead(switches.unhealthy ? 503 : 200);
    response.end();
  },
  'GET /version': (_request, response) => sendJson(response, 200, { version: '0.20.0+stand-in' }),
  'GET /v1/models': (_request, response, { names }) =>
    sendJson(response, 200, { object: 'list', data: names.map((id) => modelCard(id, names[0])) }),
  'GET /v1/audio/voices': (_request, response) =>
    sendJson(response, 200, { voices: ['tone'], uploaded_voices: [] }),
  'GET /metrics': (_request, response, house) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(metricsOf(house));
  },
  // The stand-in's own: what a test in another process needs.
  'GET /stand-in/stats': (_request, response, { control }) => sendJson(response, 200, control.stats()),
  'POST /stand-in/set': async (request, response, { control }) => {
    const switches = JSON.parse((await bodyOf(request, CONTROL_BYTES)).toString('utf8'));
    await control.set(switches);
    sendJson(response, 200, {});
  },
  'POST /stand-in/drop': (_request, response, { control }) => {
    sendJson(response, 200, {});
    response.once('finish', control.dropNow);
  },
};

function modelCard(id, root) {
  const created = Math.floor(Date.now() / 1000);
  return {
    id,
    object: 'model',
    created,
    owned_by: 'vllm',
    root,
    parent: null,
    max_model_len: 131_072,
    permission: [],
  };
}

function metricsOf({ ledger, model }) {
  const { connections, connectionsTotal, generationsAlive, requestsAlive } = ledger.counts();
  const label = `{engine="0",model_name="${model}"}`;
  const lines = (name, type, help, value, labels = '') => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    `${name}${labels} ${value.toFixed(1)}`,
  ];
  const open = 'Number of currently active WebSocket connections.';
  return [
    ...lines('vllm:websocket_connections_active', 'gauge', open, connections),
    ...lines(
      'vllm:websocket_connections_total',
      'counter',
      'Total number of WebSocket connections.',
      connectionsTotal,
    ),
    ...lines(
      'vllm:num_requests_running',
      'gauge',
      'Requests in the batch.',
      generationsAlive + requestsAlive,
      label,
    ),
    ...lines('vllm:num_requests_waiting', 'gauge', 'Requests that wait.', 0, label),
    '',
  ].join('\n');
}
