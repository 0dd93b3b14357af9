/**
 * What the originals call models, voices and segments, the same over HTTP and gRPC. No protocol of its own: those that have
 * these shapes import them. Pure.
 */
import type { Segment } from '@vox-speech/contract';
import type { ListedVoice, LoadedModel, Manifest, RemoteDescription } from '../../runtime/types.js';

/** One line of `list`. `remote` is ours, and there only where the model runs elsewhere. */
export function listItem(manifest: Manifest) {
  return {
    name: manifest.reference,
    type: manifest.kind,
    format: format(manifest),
    architecture: manifest.family,
    size_bytes: size(manifest),
    description: manifest.description,
    ...(manifest.files.length === 0 ? { remote: true } : {}),
  };
}

/** `show`, under the name that was asked for. `reference`, `languages` and `remote` are ours. */
export function show(name: string, manifest: Manifest, remote: RemoteDescription | undefined) {
  return {
    name,
    config: {
      architecture: manifest.family,
      type: manifest.kind,
      adapter: manifest.engine ?? '',
      format: format(manifest),
      source: manifest.origin,
      parameters: manifest.parameters,
      description: manifest.description,
      license: manifest.license.id,
      ...(manifest.licenseAccepted === undefined ? {} : { license_accepted: manifest.licenseAccepted }),
      adapter_package: manifest.engine === undefined ? '' : `@vox-speech/engine-${manifest.engine}`,
      reference: manifest.reference,
      languages: manifest.languages,
      ...(remote === undefined ? {} : { remote }),
      // Who said what the download hashes to: this Vox's catalog, or only the hub it came from.
      ...(manifest.hashes === undefined ? {} : { hashes: manifest.hashes.map(hash) }),
    },
    layers: manifest.files.map(({ name: filename, digest, size: bytes }) => ({
      media_type: `application/vox.model.${extension(filename)}`,
      digest,
      size: bytes,
      filename,
    })),
  };
}

function hash({ statedBy, ...stated }: NonNullable<Manifest['hashes']>[number]) {
  return { ...stated, stated_by: statedBy === 'hub' ? 'stated by the hub' : 'pinned by the catalog' };
}

/** One line of `ps`. `memory_bytes`, `expires_at` and `pid` are ours; video memory is none on a CPU. */
export function loadedItem(model: LoadedModel) {
  const [name, tag] = model.reference.split(':');
  return {
    name,
    tag: tag ?? '',
    type: model.kind,
    device: model.device,
    vram_bytes: model.device === 'cpu' || model.device === 'remote' ? 0 : model.memoryBytes,
    loaded_at: model.loadedAt,
    last_used: model.lastUsed,
    ref_count: model.leases,
    memory_bytes: model.memoryBytes,
    expires_at: model.expiresAt ?? null,
    pid: model.pid ?? null,
  };
}

/** One line of `voices`; with `model` where voices of several models stand together. */
export function voiceItem(voice: ListedVoice, model?: string) {
  return {
    id: voice.id,
    name: voice.name,
    language: voice.language ?? null,
    gender: voice.gender ?? null,
    description: null,
    is_cloned: voice.cloned === true,
    ...(model === undefined ? {} : { model }),
  };
}

/** A stretch of a transcript, in whole ms. */
export function segment(one: Segment) {
  return {
    text: one.text,
    start_ms: Math.round(one.startMs),
    end_ms: Math.round(one.endMs),
    words: (one.words ?? []).map((word) => ({
      word: word.text,
      start_ms: Math.round(word.startMs),
      end_ms: Math.round(word.endMs),
      confidence: word.confidence ?? null,
    })),
  };
}

function size({ files }: Manifest): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}

function format({ files }: Manifest): string {
  return files.some(({ name }) => name.endsWith('.onnx')) ? 'onnx' : '';
}

function extension(filename: string): string {
  return /\.([A-Za-z0-9]+)$/.exec(filename)?.[1]?.toLowerCase() ?? 'bin';
}
