/** How `vox engine` runs vLLM, read and checked. */
/** How vLLM is started on this machine. */
export interface EngineConfig {
  /** Program. */
  readonly binary: string;
  /** Image, `auto` = vLLM's own; absent = no container. */
  readonly container?: string;
  /** Program; absent = docker, else podman. */
  readonly containerProgram?: string;
  readonly host: string;
  /** Absent = that of the model's wire. */
  readonly port?: number;
  /** Absolute; absent = vLLM fetches the model. */
  readonly modelFolder?: string;
  readonly delayMs: number;
  /** Where the delay was said: the model's own stays where there is no folder to write it to. */
  readonly delayOrigin: 'flag' | 'environment' | 'compat' | 'default';
  /** Share of the GPU's memory, above 0, at most 1. */
  readonly gpuMemory: number;
  /** The names of settings that were given, by a flag or a variable. */
  readonly given: readonly string[];
  /** Tokens; absent = by the model. */
  readonly maxModelLength?: number;
  /** Absent = estimated. */
  readonly maxSequences?: number;
  readonly cacheType: string;
  readonly type: string;
  readonly eager: boolean;
  readonly cacheScales: boolean;
  /** `auto`, `off`, or a JSON object. */
  readonly compilation: string;
  readonly compileCache: boolean;
  /** 0 = no wait. */
  readonly healthSeconds: number;
  readonly showLogs: boolean;
  readonly follow: boolean;
  /** `stop` means `stop --nuke`. */
  readonly fullCleanup: boolean;
  /** `--nuke` was allowed. */
  readonly nuke: boolean;
}
