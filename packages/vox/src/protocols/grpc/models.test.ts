import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ServiceError, status } from '@grpc/grpc-js';
import { until } from '../../transport/waiting.test.support.js';
import { everything, serveGrpc } from './serve.test.support.js';

const refused = (code: number, message: RegExp, voxCode: string) => (error: ServiceError) => {
  assert.equal(error.code, code);
  assert.match(error.details, message);
  assert.equal(error.metadata.get('x-vox-code')[0], voxCode);
  return true;
};

describe('gRPC: models', () => {
  it('lists, shows and removes', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    const { message: list } = await client.unary('/vox.ModelService/List');
    assert.deepEqual(list.models[0], {
      name: 'whisper:base',
      type: 'stt',
      format: 'onnx',
      architecture: 'whisper',
      size_bytes: 77,
      description: 'the whisper:base',
    });
    const { message: shown } = await client.unary('/vox.ModelService/Show', { name: 'whisper' });
    assert.equal(shown.name, 'whisper');
    assert.equal(shown.config.type, 'stt');
    assert.equal(shown.config.parameters, '{"sample_rate":16000}');
    assert.deepEqual(shown.layers[1], {
      media_type: 'application/vox.model.bin',
      digest: `sha256-${'1'.repeat(64)}`,
      size: 7,
      filename: 'TOKENS',
    });
    assert.deepEqual((await client.unary('/vox.ModelService/Delete', { name: 'whisper:base' })).message, {
      status: 'success',
    });
    assert.deepEqual(runtime.asked.removed, ['whisper:base']);
    const { message: loaded } = await client.unary('/vox.HealthService/ListLoaded');
    assert.deepEqual(loaded.models, [
      {
        name: 'piper',
        tag: 'joe',
        type: 'tts',
        device: 'cpu',
        vram_bytes: 0,
        loaded_at: 1.5,
        last_used: 2.5,
        ref_count: 1,
      },
    ]);
  });

  it('answers what is wrong by the table of errors', async (t) => {
    const { client } = await serveGrpc(t);
    const cases: [string, object, ReturnType<typeof refused>][] = [
      ['Show', { name: 'nope' }, refused(status.NOT_FOUND, /'nope' not found/, 'model_unknown')],
      ['Show', { name: 'whisper:x' }, refused(status.NOT_FOUND, /vox pull/, 'model_not_pulled')],
      ['Show', { name: '../etc' }, refused(status.INVALID_ARGUMENT, /not a model/, 'invalid_request')],
      ['Show', {}, refused(status.INVALID_ARGUMENT, /name is empty/, 'invalid_request')],
      ['Delete', { name: 'piper:joe' }, refused(status.FAILED_PRECONDITION, /in use/, 'conflict')],
    ];
    for (const [method, message, check] of cases)
      await assert.rejects(client.unary(`/vox.ModelService/${method}`, message), check);
  });

  it('tells of a pull as it goes; what goes wrong is its last message', async (t) => {
    const { client, runtime } = await serveGrpc(t);
    const good = await everything(
      client.stream('/vox.ModelService/Pull', { name: 'whisper:base', variant: 'x' }),
    );
    assert.equal(good.error, undefined);
    assert.deepEqual(
      good.told,
      [
        { status: 'pulling whisper:base' },
        { status: 'warning', error: 'variant x is not used: there is one build' },
        { status: 'downloading model.bin', completed: 0, total: 1 },
        { status: 'success' },
      ].map((one) => ('completed' in one ? { status: one.status, completed: 0, total: 1 } : one)),
    );
    const bad = await everything(client.stream('/vox.ModelService/Pull', { name: 'nope' }));
    assert.deepEqual(bad, { told: [{ status: 'error', error: "Model 'nope' not found in catalog" }] });
    let aborted = false;
    runtime.script.pull = async function* (_, signal) {
      yield { status: 'pulling' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      aborted = true;
    };
    const call = client.stream('/vox.ModelService/Pull', { name: 'whisper:base' });
    call.once('data', () => call.cancel());
    const { error } = await everything(call);
    assert.equal(error?.code, status.CANCELLED);
    await until('the pull to be left', () => aborted);
  });
});

describe('gRPC: keys and the end', () => {
  it('asks for a key, but not of probes and reflection', async (t) => {
    const { client } = await serveGrpc(t, { keys: ['sesame'] });
    const unauthorized = refused(status.UNAUTHENTICATED, /missing or invalid API key/, 'unauthorized');
    await assert.rejects(client.unary('/vox.ModelService/List'), unauthorized);
    await assert.rejects(client.unary('/vox.ModelService/List', {}, { key: 'wrong' }), unauthorized);
    await assert.rejects(client.unary('/vox.HealthService/Health'), unauthorized);
    // Refused before its message is read: 60 MB would be slow.
    await assert.rejects(
      client.unary('/vox.TranscriptionService/Transcribe', { audio: Buffer.alloc(60_000_000) }),
      unauthorized,
    );
    assert.equal(
      (await client.unary('/vox.ModelService/List', {}, { key: 'sesame' })).message.models.length,
      2,
    );
    assert.deepEqual((await client.unary('/grpc.health.v1.Health/Check')).message, { status: 'SERVING' });
    const reflection = client.duplex('/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
    reflection.write({ list_services: '' });
    reflection.end();
    assert.equal((await everything(reflection)).error, undefined);
  });

  it('watches health to the end, refuses what comes then, and ends what does not', async (t) => {
    const { client, health, server, runtime } = await serveGrpc(t, { graceMs: 100 });
    const watch = everything(client.stream('/grpc.health.v1.Health/Watch', { service: 'vox.ModelService' }));
    const nothing = client.stream('/grpc.health.v1.Health/Watch', { service: 'vox.Nothing' });
    const unknown = new Promise((resolve) => nothing.once('data', resolve));
    assert.deepEqual(await unknown, { status: 'SERVICE_UNKNOWN' });
    nothing.on('error', () => {});
    nothing.cancel();
    await assert.rejects(
      client.unary('/grpc.health.v1.Health/Check', { service: 'vox.Nothing' }),
      refused(status.NOT_FOUND, /vox.Nothing/, 'not_found'),
    );
    const live = client.duplex('/vox.StreamingService/StreamTranscribe');
    const heard = everything(live);
    live.write({ config: {} });
    await until('a session', () => runtime.asked.listen.length === 1);
    health.set('draining');
    await assert.rejects(
      client.unary('/vox.HealthService/Health'),
      refused(status.UNAVAILABLE, /draining/, 'shutting_down'),
    );
    const closed = server.close();
    const { told, error } = await watch;
    assert.deepEqual(told, [{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
    assert.equal(error?.code, status.UNAVAILABLE);
    // Grace passed.
    assert.equal((await heard).error?.code, status.UNAVAILABLE);
    assert.equal(runtime.asked.listen[0]?.request.signal.aborted, true);
    await closed;
  });
});
