/** What the scheduler needs to know of a model, and what it gives back. */
import type { ModelKind } from '@vox-speech/contract';
import type { ModelHost } from '../host/model-host.js';
import type { ToRunner } from '../messages/index.js';

export interface ModelSpec {
  readonly reference: string;
  readonly kind: ModelKind;
  /** On a server of somebody's: its runner here only speaks to that. Absent = here. */
  readonly runsElsewhere?: boolean;
  /** What it will take in memory, before it was ever loaded. */
  readonly estimateBytes: number;
  /** Files of libraries that the runner's process loads before anything else. */
  readonly preload: readonly string[];
  readonly message: Omit<Extract<ToRunner, { type: 'load' }>, 'type'>;
}

/** A request's hold on a runner. `release` is idempotent and must be called. */
export interface LeasedHost {
  readonly host: ModelHost;
  release(): void;
}

export interface ResidentModel {
  readonly reference: string;
  readonly kind: ModelKind;
  readonly runsElsewhere: boolean;
  readonly memoryBytes: number;
  readonly pid: number | undefined;
  readonly leases: number;
  /** Unix ms. */
  readonly loadedAt: number;
  readonly lastUsed: number;
  readonly expiresAt: number | undefined;
}

export interface TrimmedModel {
  readonly reference: string;
  /** What its process gave back to the system. */
  readonly freedBytes: number;
}

/** Every outside effect of the scheduler, injected, so that its tests run in milliseconds. */
export interface ResidencyOptions {
  /** Models in memory at once. */
  readonly maxLoaded: number;
  /** Bytes that all runners together may take; undefined = no budget. */
  readonly budgetBytes: number | undefined;
  /** Default seconds a model stays after its last request. */
  readonly keepAliveSeconds: number;
  /** Seconds after its last request at which a model gives back what it can do without; 0 = never. */
  readonly idleTrimSeconds: number;
  /** Requests that may wait, for a place on a model and for room to load one. */
  readonly queueLimit: number;
  /** The signal aborts when the server must be gone now. */
  load(spec: ModelSpec, signal: AbortSignal): Promise<ModelHost>;
  /** Unix ms. */
  now(): number;
}
