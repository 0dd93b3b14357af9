/** Which kind of live streams a model gives. */
import { VoxError } from '@vox-speech/contract';
import type { HostedModel } from '../hosted.js';
import { BatchedEngine, isStreaming } from './batched-engine.js';
import { isRelayed, RelayedEngine } from './relayed-engine.js';
import type { Clock, LiveEngine } from './stream.js';
import type { DecodeTurns } from './turns.js';
import { WindowedEngine } from './windowed-engine.js';

/**
 * Streaming models are batched, those that hear elsewhere are passed on to, others windowed. Throws VoxError `wrong_kind` for a model that does not transcribe.
 * @param slots decodes at once that the machine has processors for
 */
export function liveEngine(hosted: HostedModel, turns: DecodeTurns, slots: number, clock: Clock): LiveEngine {
  const { model } = hosted;
  if (isStreaming(model)) return new BatchedEngine(model, clock);
  if (isRelayed(model)) return new RelayedEngine(model, hosted.detectors);
  if (model.transcribe === undefined) throw new VoxError('wrong_kind', 'this model does not transcribe');
  return new WindowedEngine(model, hosted.detectors, turns, slots, clock);
}
