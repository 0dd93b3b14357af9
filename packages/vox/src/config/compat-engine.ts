/** The variables of Yap that start its engine (yap.md section 5), as far as `vox engine` has a use for them. */
import { anything, type CompatVariable, notWhole } from './compat-variable.js';
import type { SettingKey } from './table.js';

export const YAP_ENGINE: readonly CompatVariable[] = [
  { env: 'VOXTRAL_TRANSCRIPTION_DELAY_MS', key: 'engineDelay', forgives: notWhole },
  { env: 'VOXTRAL_MODEL_DIR', key: 'engineModelFolder' },
  { env: 'VLLM_GPU_MEMORY_UTILIZATION', key: 'engineGpuMemory', forgives: anything },
  { env: 'VLLM_MAX_MODEL_LEN', key: 'engineMaxModelLength' },
  { env: 'VLLM_MAX_NUM_SEQS', key: 'engineMaxSequences' },
  { env: 'VLLM_ENFORCE_EAGER', key: 'engineEager' },
  { env: 'VLLM_KV_CACHE_DTYPE', key: 'engineCacheType' },
  { env: 'VLLM_DTYPE', key: 'engineType' },
  { env: 'VLLM_CALCULATE_KV_SCALES', key: 'engineCacheScales' },
  { env: 'VLLM_COMPILATION_CONFIG', key: 'engineCompilation', forgives: anything },
  { env: 'VLLM_DISABLE_COMPILE_CACHE', key: 'engineNoCompileCache' },
  { env: 'SHOW_VLLM_LOGS', key: 'engineShowLogs' },
  { env: 'HEALTH_TIMEOUT_S', key: 'engineHealthSeconds' },
  { env: 'TAIL_LOGS', key: 'engineFollow' },
  { env: 'FULL_CLEANUP', key: 'engineCleanup' },
];

/** The same of the STT WebSocket server, which starts its model itself (stt-ws.md section 5). */
export const STT_WS_ENGINE: readonly CompatVariable[] = [
  { env: 'STT_VLLM_GPU_MEMORY', key: 'engineGpuMemory', forgives: anything },
  { env: 'STT_VLLM_MAX_INFERENCE_BATCH_SIZE', key: 'engineMaxSequences' },
];

/** Where the original's defaults are not ours: it follows the log, and its delay is not the model card's. */
export const YAP_ENGINE_DEFAULTS: Readonly<Partial<Record<SettingKey, string>>> = {
  engineDelay: '400',
  engineFollow: 'true',
};

const NOT_INSTALLED = 'Vox installs no vLLM; it starts the one that is there, or a container';
const OWN_FILES = 'logs and process records lie under VOX_HOME';

/** Of its launcher and installer, and why they mean nothing here. */
export const YAP_INSTALLER: Readonly<Record<string, string>> = {
  TORCH_BACKEND: NOT_INSTALLED,
  PYTORCH_CUDA_INDEX_URL: NOT_INSTALLED,
  VENV_DIR: NOT_INSTALLED,
  REQ_FILE: NOT_INSTALLED,
  VLLM_WHEEL_URL: NOT_INSTALLED,
  FLASH_ATTN_VERSION: NOT_INSTALLED,
  MAX_JOBS: NOT_INSTALLED,
  HEALTH_URL: "vLLM's own /health is asked",
  SERVER_LOG_FILE: OWN_FILES,
  SERVER_PID_FILE: OWN_FILES,
  TAIL_PID_FILE: OWN_FILES,
  LAUNCHER_PID_FILE: OWN_FILES,
  LOG_TRIM_PID_FILE: OWN_FILES,
};
