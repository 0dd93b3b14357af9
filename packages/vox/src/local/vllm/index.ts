/** `vox engine`: vLLM's life on this machine, for the models of the catalog that vLLM runs. */
export { type ContainerRuntime, containerProgram } from './container.js';
export { type EngineDoctorOptions, examineEngine } from './doctor.js';
export { engineCache, lastLog, nuke, nukedPaths } from './files.js';
export { firstGpu, type GpuReport, type MachineContext, readGpus } from './gpus.js';
export { type Plan, planEngine } from './plan.js';
export { type EngineRecord, isAlive, Records } from './record.js';
export { openServedModels, type ServedModel, type ServedModels } from './served-model.js';
export { quoteWords } from './shell-words.js';
export { type Started, type StartOptions, startEngine } from './start.js';
export { type EngineStatus, engineStatuses } from './status.js';
export { type StopOutcome, stopEngine } from './stop.js';
export { WARM_UP_RATE, type WarmUpTimes, warmUp } from './warm-up.js';
