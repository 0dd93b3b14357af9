/** The .proto files of this package, read: methods with their codecs, and descriptors for reflection. */
import { fileURLToPath } from 'node:url';
import { VoxError } from '@vox-speech/contract';
import protobuf from 'protobufjs';
import type { GrpcMethod } from '../../transport/grpc/index.js';
import { describeFile } from './descriptor.js';

/** In the package, beside `dist`. */
const FOLDER = fileURLToPath(new URL('../../../proto/', import.meta.url));

/** Each file with the package that it declares. Bidirectional reflection exists in two versions, which differ in nothing else. */
export const PROTO_FILES = {
  'vox.proto': 'vox',
  'grpc/health/v1/health.proto': 'grpc.health.v1',
  'grpc/reflection/v1/reflection.proto': 'grpc.reflection.v1',
  'grpc/reflection/v1alpha/reflection.proto': 'grpc.reflection.v1alpha',
} as const;

/** Fields by their names in the file; absent ones have their default, those of a `oneof` are left out; 64-bit numbers as numbers. */
const DECODED: protobuf.IConversionOptions = { defaults: true, oneofs: true, longs: Number, enums: String };

export interface ProtoFile {
  readonly name: string;
  /** An encoded FileDescriptorProto. */
  readonly descriptor: Buffer;
  /** Full names of what it declares: services, their methods, messages, fields of none. */
  readonly symbols: ReadonlySet<string>;
}

export class Protos {
  readonly #root: protobuf.Root;
  readonly files: readonly ProtoFile[];

  constructor() {
    this.#root = new protobuf.Root();
    this.#root.resolvePath = (_origin, target) => target;
    this.#root.loadSync(
      Object.keys(PROTO_FILES).map((name) => FOLDER + name),
      { keepCase: true },
    );
    this.#root.resolveAll();
    this.files = Object.entries(PROTO_FILES).map(([name, packageName]) => {
      const namespace = this.#root.lookup(packageName);
      if (!(namespace instanceof protobuf.Namespace))
        throw new VoxError('internal', `${name} does not declare the package ${packageName}`);
      return { name, ...describeFile(name, packageName, namespace) };
    });
  }

  /** Full names of all services. */
  get services(): readonly string[] {
    return Object.values(PROTO_FILES).flatMap((packageName) => {
      const namespace = this.#root.lookup(packageName) as protobuf.Namespace;
      return namespace.nestedArray
        .filter((one) => one instanceof protobuf.Service)
        .map(({ name }) => `${packageName}.${name}`);
    });
  }

  /** A method by its names. Throws where there is none. */
  method<Q extends object, R extends object>(service: string, name: string): GrpcMethod<Q, R> {
    const found = this.#root.lookupService(service).methods[name];
    const [request, response] = [found?.resolvedRequestType, found?.resolvedResponseType];
    if (found === undefined || request == null || response == null)
      throw new VoxError('internal', `no method ${name} of ${service} in the .proto`);
    return {
      path: `/${service}/${name}`,
      requestStream: found.requestStream === true,
      responseStream: found.responseStream === true,
      decode: (bytes) => request.toObject(request.decode(bytes), DECODED) as Q,
      encode: (message) => {
        const encoded = response.encode(message).finish();
        return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
      },
    };
  }
}
