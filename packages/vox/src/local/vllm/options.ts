/** Options of a `vllm serve` command, each with its values: looked up, replaced and left out by name. Pure. */

/** `--name` and what stands behind it. */
export type Options = readonly (readonly string[])[];

/** Words behind the model's name, grouped; words before the first option are dropped. */
export function groupOptions(words: readonly string[]): Options {
  const groups: string[][] = [];
  for (const word of words) {
    if (word.startsWith('--') && word.length > 2) {
      const at = word.indexOf('=');
      groups.push(at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)]);
    } else groups.at(-1)?.push(word);
  }
  return groups;
}

/** The first value of an option; undefined where it is not there or has none. */
export function optionValue(options: Options, name: string): string | undefined {
  return options.find((group) => isNamed(group, name))?.[1];
}

export function hasOption(options: Options, name: string): boolean {
  return options.some((group) => isNamed(group, name));
}

/** The options with this one in its old place, else at the end. */
export function withOption(options: Options, name: string, ...values: readonly string[]): Options {
  const group = [name, ...values];
  if (!hasOption(options, name)) return [...options, group];
  return options.map((old) => (isNamed(old, name) ? group : old));
}

export function withoutOption(options: Options, name: string): Options {
  return options.filter((group) => !isNamed(group, name));
}

/** vLLM reads `--a_b` and `--a-b` alike. */
function isNamed([name = '']: readonly string[], wanted: string): boolean {
  return name.replaceAll('_', '-') === wanted;
}
