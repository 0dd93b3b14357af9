/** What the models layer is told by the configuration. Plain data, so that it can be sent to the pull process. */

export interface ModelsSettings {
  /** `VOX_HOME`: absolute path of the folder that holds everything. */
  readonly home: string;
  /** `HF_ENDPOINT`: base address of the model hub. */
  readonly hfEndpoint: string;
  /** `HF_TOKEN`: sent to the hub's own host and to no other. */
  readonly hfToken?: string;
  /** `HF_HUB_OFFLINE`: the hub is not asked. */
  readonly hfOffline: boolean;
  /** Python whose pip fetches packages; absent = `python3`, `python` and `py` are tried in this order. */
  readonly python?: string;
  /** The npm program. */
  readonly npm: string;
  /** `VOX_ENGINE_SOURCE`: folder with tarballs of packages, looked in before npm is asked. */
  readonly engineSource?: string;
  /** Environment of the pull process, and so of pip and npm. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Transfers that may run at once; one more is refused with `overloaded`. */
  readonly maxPulls: number;
  /** A transfer that brings no byte for so long (ms) is cut and tried again. */
  readonly stallMs: number;
  /** First pause before a transfer is tried again (ms); it doubles each time. */
  readonly retryMs: number;
  /** How often a transfer is tried without a byte of progress before the source counts as unreachable. */
  readonly attempts: number;
}

export const DEFAULT_MODELS_SETTINGS: Omit<ModelsSettings, 'home' | 'environment'> = Object.freeze({
  hfEndpoint: 'https://huggingface.co',
  hfOffline: false,
  npm: 'npm',
  maxPulls: 4,
  stallMs: 30_000,
  retryMs: 500,
  attempts: 3,
});
