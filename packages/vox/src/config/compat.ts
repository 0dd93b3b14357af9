/**
 * The originals that VOX_COMPAT can name: their variables and their defaults. Flags and VOX_* variables win over both.
 * Sources: stt-ws.md section 5, yap.md section 5, tone.md section 6. What is not here belongs to a dialect's own limits.
 */
import type { SettingKey, Values } from './table.js';
import type { Compat } from './types.js';
import { parseBytes } from './units.js';
import { bindHost, integer, jsonList, list, type Reader } from './values.js';

/** One variable of an original, and the setting that it sets. */
export interface CompatVariable {
  readonly env: string;
  readonly key: SettingKey;
  /** Where the original writes the value in another way; absent = as the setting itself. */
  readonly read?: Reader<Values[SettingKey]>;
}

export interface CompatProfile {
  readonly title: string;
  /** Variable names in any case (T-one). */
  readonly anyCase: boolean;
  readonly variables: readonly CompatVariable[];
  /** Defaults as a person would write them. */
  readonly defaults: Readonly<Partial<Record<SettingKey, string>>>;
}

/** `MAX_FILE_SIZE_MB` is a whole number of MiB from 1 to 1000 (tone.md section 6). */
const mebibytes: Reader<number> = (value, machine) => integer(1, 1000)(value, machine) * 1024 * 1024;

export const COMPAT: Readonly<Record<Compat, CompatProfile>> = {
  vox: { title: 'Vox', anyCase: false, variables: [], defaults: {} },
  'stt-ws': {
    title: 'the STT WebSocket server',
    anyCase: false,
    variables: [
      { env: 'STT_HOST', key: 'bindHost', read: bindHost },
      { env: 'STT_PORT', key: 'port' },
      { env: 'STT_MAX_UPLOAD_BYTES', key: 'maxUpload', read: parseBytes },
    ],
    // The original has no authentication and listens everywhere.
    defaults: { bindHost: '0.0.0.0', port: '8000', maxUpload: '100Mi', insecure: 'true' },
  },
  yap: {
    title: 'Yap',
    anyCase: false,
    variables: [
      { env: 'SERVER_BIND_HOST', key: 'bindHost' },
      { env: 'SERVER_PORT', key: 'port' },
      { env: 'VOXTRAL_API_KEY', key: 'apiKeys', read: list },
      { env: 'LOG_LEVEL', key: 'logLevel' },
    ],
    // Its key is required, so there is no `insecure` here: without a key it does not start either.
    defaults: { bindHost: '0.0.0.0', port: '8000' },
  },
  't-one': {
    title: 'the T-one REST wrapper',
    anyCase: true,
    variables: [
      { env: 'HOST', key: 'bindHost' },
      { env: 'PORT', key: 'port' },
      { env: 'LOG_LEVEL', key: 'logLevel' },
      { env: 'API_KEY', key: 'apiKeys', read: list },
      { env: 'CORS_ORIGINS', key: 'corsOrigins', read: jsonList },
      { env: 'MAX_FILE_SIZE_MB', key: 'maxUpload', read: mebibytes },
    ],
    defaults: { bindHost: '0.0.0.0', port: '8000', maxUpload: '100Mi', corsOrigins: '*', insecure: 'true' },
  },
};
