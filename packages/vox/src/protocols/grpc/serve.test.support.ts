/** A gRPC server on a fake runtime, and a client of its own making from the same .proto. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { pino } from 'pino';
import protobuf from 'protobufjs';
import { keyGuard } from '../../guard/index.js';
import { Health } from '../../observe/index.js';
import { type FakeRuntime, fakeRuntime } from '../../runtime/fake-runtime.test.support.js';
import type { GrpcServer } from '../../transport/grpc/index.js';
import { createGrpcServer } from './index.js';
import { PROTO_FILES } from './proto.js';

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is looked at field by field.
export type Message = Record<string, any>;

const FOLDER = fileURLToPath(new URL('../../../proto/', import.meta.url));

export async function serveGrpc(
  t: TestContext,
  options: { keys?: readonly string[]; limits?: FakeRuntime['limits']; graceMs?: number } = {},
): Promise<{
  runtime: FakeRuntime;
  server: GrpcServer;
  health: Health;
  client: TestClient;
  folder: string;
  port: number;
}> {
  const { keys = [], limits = { uploadBytes: 1000, textCharacters: 1000 }, graceMs = 200 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'vox-grpc-'));
  const runtime = fakeRuntime(limits);
  const health = new Health();
  const server = createGrpcServer({
    runtime,
    health,
    log: pino({ enabled: false }),
    uploadDirectory: folder,
    checkKey: keyGuard({ keys }),
    graceMs,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  health.set('ready');
  const client = new TestClient(port);
  t.after(async () => {
    client.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { runtime, server, health, client, folder, port };
}

export class TestClient {
  readonly #client: Client;
  readonly #root = new protobuf.Root();

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      // Each client its own connection.
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#root.resolvePath = (_origin, target) => target;
    this.#root.loadSync(
      Object.keys(PROTO_FILES).map((name) => FOLDER + name),
      { keepCase: true },
    );
  }

  close(): void {
    this.#client.close();
  }

  /** `/vox.ModelService/List`; rejects with a ServiceError. */
  unary(path: string, message: Message = {}, { key, ...options }: CallOptions & { key?: string } = {}) {
    const { encode, decode } = this.#codec(path);
    return new Promise<{ message: Message; headers: Message }>((resolve, reject) => {
      let headers = new Metadata();
      const call = this.#client.makeUnaryRequest(
        path,
        encode,
        decode,
        message,
        metadata(key),
        options,
        (error, value) =>
          error === null ? resolve({ message: value ?? {}, headers: headers.getMap() }) : reject(error),
      );
      call.on('metadata', (got: Metadata) => {
        headers = got;
      });
    });
  }

  stream(path: string, message: Message = {}, options: CallOptions = {}): ClientReadableStream<Message> {
    const { encode, decode } = this.#codec(path);
    return this.#client.makeServerStreamRequest(path, encode, decode, message, metadata(), options);
  }

  duplex(path: string): ClientDuplexStream<Message, Message> {
    const { encode, decode } = this.#codec(path);
    return this.#client.makeBidiStreamRequest(path, encode, decode, metadata(), {});
  }

  #codec(path: string) {
    const [, service = '', name = ''] = path.split('/');
    const method = this.#root.lookupService(service).methods[name]?.resolve() as protobuf.Method;
    const { resolvedRequestType: request, resolvedResponseType: response } = method;
    return {
      encode: (message: Message) => Buffer.from(request?.encode(message).finish() ?? []),
      decode: (bytes: Buffer): Message =>
        response?.toObject(response.decode(bytes), { longs: Number, enums: String, defaults: false }) ?? {},
    };
  }
}

function metadata(key?: string): Metadata {
  const fields = new Metadata();
  if (key !== undefined) fields.set('authorization', `Bearer ${key}`);
  return fields;
}

/** Everything that a stream says, and its status where it is not OK. */
export async function everything(
  stream: ClientReadableStream<Message> | ClientDuplexStream<Message, Message>,
): Promise<{ told: Message[]; error?: ServiceError }> {
  const told: Message[] = [];
  try {
    for await (const message of stream) told.push(message);
    return { told };
  } catch (error) {
    return { told, error: error as ServiceError };
  }
}
