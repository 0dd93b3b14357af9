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

/** A bad number falls back to the default (yap.md 2.3). */
export const anything = (): boolean => true;
/** What is a number and out of rule keeps the original from starting, and so it does here (yap.md section 4). */
export const notWhole = (text: string): boolean => !/^[+-]?\d+$/.test(text.trim());
