/** From the runtime's answers to the native JSON shapes (V1 and V2). Pure. */
import type { CollectedTranscript } from '../../runtime/collect.js';
import type { AliasedModel, ClonedVoice, Manifest, MemoryReport } from '../../runtime/types.js';
import { loadedItem, segment } from '../vox-shapes/index.js';

/** One line of OpenAI's model list. */
export function openaiModel(manifest: Manifest) {
  return {
    id: manifest.reference,
    object: 'model',
    created: Math.floor(Date.parse(manifest.pulledAt) / 1000) || 0,
    owned_by: 'vox',
  };
}

/** The same of an alias; `root`, as vLLM has it, is the model that it stands for. */
export function aliasedModel({ name, manifest }: AliasedModel) {
  return { ...openaiModel(manifest), id: name, root: manifest.reference };
}

/** A voice that was just made from a recording. */
export function clonedVoice(voice: ClonedVoice) {
  return {
    id: voice.id,
    name: voice.name,
    language: voice.language ?? null,
    gender: voice.gender ?? null,
    is_cloned: true,
    created_at: voice.createdAt,
  };
}

/** The same as OpenAI's clients read it. */
export function audioVoice({ id, name, createdAt }: ClonedVoice) {
  return { id, object: 'audio.voice', type: 'audio_sample', name, created_at: createdAt };
}

/**
 * Memory in the original's shape. Its words are of video memory, of which no model uses any here: those figures are 0 or
 * null, and `loaded_memory_bytes`, `memory` and each model's `memory_bytes` say what is really held, in resident bytes.
 */
export function memoryReport({ policy, serverBytes, machine, models }: MemoryReport) {
  const held = models.reduce((sum, model) => sum + model.memoryBytes, 0);
  return {
    policy: {
      max_vram_bytes: policy.budgetBytes,
      headroom_bytes: 0,
      idle_trim_seconds: policy.idleTrimSeconds,
      over_budget: 'reject',
    },
    device: {
      device: 'cpu',
      free_bytes: null,
      total_bytes: null,
      torch_allocated_bytes: 0,
      torch_reserved_bytes: 0,
    },
    estimated_loaded_vram_bytes: 0,
    loaded_memory_bytes: held,
    memory: {
      server_bytes: serverBytes,
      free_bytes: machine.freeBytes,
      total_bytes: machine.totalBytes,
    },
    active_model_count: models.filter((model) => model.leases > 0).length,
    models: models.map((model) => ({
      ...loadedItem(model),
      is_evictable: model.leases === 0,
      is_trimmable: model.leases === 0,
      backend_memory: { resident_bytes: model.memoryBytes },
    })),
  };
}

/** V1's transcript. */
export function transcript(done: CollectedTranscript, verbose: boolean) {
  return {
    model: done.model,
    text: done.text,
    language: done.summary.language ?? null,
    duration_ms: Math.round(done.summary.durationMs),
    processing_ms: Math.round(done.summary.processingMs),
    ...(verbose ? { segments: done.segments.map(segment) } : {}),
  };
}
