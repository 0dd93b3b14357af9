import assert from 'node:assert/strict';
import { test } from 'node:test';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { Protos } from './proto.js';
import { everything, type Message, serveGrpc } from './serve.test.support.js';

/** As a strict client decodes it. */
function file(protos: Protos, name: string): Message {
  const found = protos.files.find((one) => one.name === name);
  assert.ok(found);
  const decoded = descriptor.FileDescriptorProto.decode(found.descriptor);
  return descriptor.FileDescriptorProto.toObject(decoded, { enums: String, defaults: false });
}

test('descriptors say all that the .proto does: full type names, maps, presence, reserved numbers', () => {
  const vox = file(new Protos(), 'vox.proto');
  const message = (name: string): Message => vox.messageType.find((one: Message) => one.name === name);
  assert.equal(vox.syntax, 'proto3');
  assert.deepEqual(message('ShowResponse').field[1], {
    name: 'config',
    number: 2,
    label: 'LABEL_REPEATED',
    type: 'TYPE_MESSAGE',
    typeName: '.vox.ShowResponse.ConfigEntry',
  });
  const [entry] = message('ShowResponse').nestedType;
  assert.deepEqual([entry.name, entry.options.mapEntry], ['ConfigEntry', true]);
  const confidence = message('WordTimestamp').field[3];
  assert.deepEqual([confidence.proto3Optional, confidence.oneofIndex], [true, 0]);
  assert.deepEqual(message('WordTimestamp').oneofDecl, [{ name: '_confidence' }]);
  const client = message('ConverseClientMessage');
  assert.deepEqual(client.oneofDecl, [{ name: 'msg' }]);
  assert.deepEqual(
    [client.reservedRange, client.reservedName],
    [[{ start: 3, end: 4 }], ['response_create']],
  );
  assert.deepEqual(
    client.field.map(({ number }: Message) => number),
    [1, 2, 4, 5, 6, 7, 8],
  );
  const streaming = vox.service.find(({ name }: Message) => name === 'StreamingService');
  assert.deepEqual(streaming.method, [
    {
      name: 'StreamTranscribe',
      inputType: '.vox.StreamInput',
      outputType: '.vox.StreamOutput',
      clientStreaming: true,
      serverStreaming: true,
    },
  ]);
  const health = file(new Protos(), 'grpc/health/v1/health.proto');
  assert.equal(health.messageType[1].enumType[0].value[3].name, 'SERVICE_UNKNOWN');
});

for (const version of ['v1', 'v1alpha'])
  test(`reflection ${version} answers every question`, async (t) => {
    const { client } = await serveGrpc(t);
    const call = client.duplex(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
    const questions = [
      { list_services: '' },
      { file_by_filename: 'vox.proto' },
      { file_containing_symbol: 'vox.SynthesisService.Synthesize' },
      { file_containing_symbol: 'vox.WordTimestamp.confidence' },
      { file_containing_symbol: 'grpc.health.v1.Health' },
      { file_containing_symbol: 'vox.Nothing' },
      { file_by_filename: '/etc/passwd' },
      { all_extension_numbers_of_type: 'vox.HealthRequest' },
      { file_containing_extension: { containing_type: 'vox.HealthRequest', extension_number: 1 } },
      {},
    ];
    for (const question of questions) call.write({ host: 'h', ...question });
    call.end();
    const { told, error } = await everything(call);
    assert.equal(error, undefined);
    assert.equal(told.length, questions.length);
    const [services, ...rest] = told;
    assert.deepEqual(services?.list_services_response.service.map(({ name }: Message) => name).sort(), [
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'vox.ConversationService',
      'vox.HealthService',
      'vox.ModelService',
      'vox.RtcService',
      'vox.StreamingService',
      'vox.SynthesisService',
      'vox.TranscriptionService',
    ]);
    const kinds = rest.map(
      (one) =>
        one.error_response?.error_code ??
        one.file_descriptor_response?.file_descriptor_proto.length ??
        one.all_extension_numbers_response.base_type_name,
    );
    assert.deepEqual(kinds, [1, 1, 1, 1, 5, 5, 'vox.HealthRequest', 5, 3]);
    assert.deepEqual(rest[0]?.original_request, { host: 'h', file_by_filename: 'vox.proto' });
  });
