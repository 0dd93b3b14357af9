/** A client of the gRPC port, made from the .proto alone. It shares no code with the server. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The libraries are the product's: nothing else here needs them. */
const require = createRequire(new URL('../../packages/vox/package.json', import.meta.url));
const { Client, credentials } = require('@grpc/grpc-js');
const protobuf = require('protobufjs');

/** Opens a connection: `stream('SynthesisService', 'Synthesize', message)` gives the messages as they come, `duplex` a stream both ways. */
export function grpcClient(port) {
  const proto = fileURLToPath(new URL('../../packages/vox/proto/vox.proto', import.meta.url));
  const root = new protobuf.Root().loadSync(proto, { keepCase: true });
  root.resolveAll();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const method = (service, name) => {
    const { resolvedRequestType, resolvedResponseType } = root.lookupService(`vox.${service}`).methods[name];
    return [
      `/vox.${service}/${name}`,
      (request) => Buffer.from(resolvedRequestType.encode(request).finish()),
      (bytes) => resolvedResponseType.decode(bytes),
    ];
  };
  return {
    stream: (service, name, message) => client.makeServerStreamRequest(...method(service, name), message),
    duplex: (service, name) => client.makeBidiStreamRequest(...method(service, name)),
    close: () => client.close(),
  };
}
