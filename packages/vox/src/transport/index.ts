export { receiveAny } from './any-body.js';
export { audioType, type SpeechReply, sendSpeech, speechBodyBytes } from './audio-reply.js';
export { decodeBase64, decodeLongBase64 } from './base64.js';
export { bodyChunks, DEFAULT_STALL_MS, readJson } from './body.js';
export { type ErrorBody, ErrorShapes, loggedError, publicError } from './errors.js';
export * as form from './form.js';
export { Gate } from './gate.js';
export { createHttpServer, DEFAULT_HTTP_SETTINGS, type HttpServer, type HttpSettings } from './http.js';
export { Inbound } from './inbound.js';
export { type Expiry, Lifetime } from './lifetime.js';
export {
  DEFAULT_UPLOAD_LIMITS,
  receiveFile,
  receiveUpload,
  type Upload,
  type UploadedFile,
  type UploadLimits,
} from './multipart.js';
export { NDJSON_TYPE, ndjson } from './ndjson.js';
export { type FieldSchema, LOOKUP_ERRORS, MODEL_ERRORS, type Operation, openapi } from './openapi.js';
export { declaredRaw, RAW_FIELDS } from './raw-audio.js';
export { requestSignal } from './signal.js';
export { LiveSocket } from './socket.js';
export { SocketWork } from './socket-work.js';
export { type Spooled, spool } from './spool.js';
export { sendEvents } from './sse.js';
export { abortable, started, streamBody } from './stream.js';
export { listenTcp, type TcpListener, type TcpProtocol, type TcpSettings } from './tcp.js';
export { TcpConnection } from './tcp-connection.js';
export { loadWebSockets, type SocketRoute, Upgrades } from './upgrade.js';
export { validate } from './validate.js';
export { WARNING_HEADER, warningHeader } from './warnings.js';
export { type Announced, announce } from './zeroconf.js';
