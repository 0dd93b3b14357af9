import type { SettingKey, Values } from './table.js';
import type { Reader } from './values.js';

/** One variable of an original, and the setting that it sets. */
export interface CompatVariable {
  readonly env: string;
  readonly key: SettingKey;
  /** Where the original writes the value in another way; absent = as the setting itself. */
  readonly read?: Reader<Values[SettingKey]>;
  /** Is a value of this kind, where it is wrong, taken for none, as in the original? Then the start-up log says so. */
  readonly forgives?: (text: string) => boolean;
}
