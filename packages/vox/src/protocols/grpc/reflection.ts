/** Server reflection, v1 and v1alpha: what a client such as grpcurl needs to know of services that it has no .proto of. */
import type { GrpcDuplex, GrpcServer } from '../../transport/grpc/index.js';
import { race } from '../../transport/signal.js';
import type { Reply } from './messages.js';
import type { ProtoFile, Protos } from './proto.js';

/** `message_request` names the one question that is there. */
interface ReflectionRequest {
  readonly host: string;
  readonly message_request?: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly all_extension_numbers_of_type?: string;
}

/** Statuses inside an answer: of gRPC, as numbers. */
const NOT_FOUND = 5;
const INVALID_ARGUMENT = 3;

export const REFLECTION_SERVICES = [
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
] as const;

export function registerReflection(server: GrpcServer, protos: Protos): void {
  const answer = answerer(protos);
  for (const service of REFLECTION_SERVICES)
    server.add({
      kind: 'duplex',
      method: protos.method<ReflectionRequest, Reply>(service, 'ServerReflectionInfo'),
      handle: (stream) => converse(stream, answer),
    });
}

async function converse(
  stream: GrpcDuplex<ReflectionRequest, Reply>,
  answer: (request: ReflectionRequest) => Reply,
): Promise<void> {
  const work = async (): Promise<void> => {
    for await (const request of stream.messages) {
      stream.send({
        valid_host: request.host,
        original_request: request,
        ...answer(request),
      });
      await stream.drained();
    }
  };
  await race(work(), stream.stopping);
}

function answerer(protos: Protos): (request: ReflectionRequest) => Reply {
  const services = protos.services.map((name) => ({ name }));
  const byName = new Map(protos.files.map((file) => [file.name, file]));
  const bySymbol = (symbol: string): ProtoFile | undefined =>
    protos.files.find(({ symbols }) => symbols.has(symbol));
  const file = (found: ProtoFile | undefined, what: string): Reply =>
    found === undefined
      ? fault(NOT_FOUND, `${what.slice(0, 200)} is not here`)
      : { file_descriptor_response: { file_descriptor_proto: [found.descriptor] } };
  return (request) => {
    switch (request.message_request) {
      case 'list_services':
        return { list_services_response: { service: services } };
      case 'file_by_filename':
        return file(byName.get(request.file_by_filename ?? ''), request.file_by_filename ?? '');
      case 'file_containing_symbol':
        return file(bySymbol(request.file_containing_symbol ?? ''), request.file_containing_symbol ?? '');
      case 'file_containing_extension':
        return fault(NOT_FOUND, 'these files have no extensions');
      case 'all_extension_numbers_of_type': {
        const type = request.all_extension_numbers_of_type ?? '';
        return bySymbol(type) === undefined
          ? fault(NOT_FOUND, `${type.slice(0, 200)} is not here`)
          : { all_extension_numbers_response: { base_type_name: type, extension_number: [] } };
      }
      default:
        return fault(INVALID_ARGUMENT, 'message_request is missing');
    }
  };
}

function fault(error_code: number, error_message: string): Reply {
  return { error_response: { error_code, error_message } };
}
