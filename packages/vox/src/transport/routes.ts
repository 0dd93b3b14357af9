/** What a server answers where no route matches: 405 where the path exists under another method, else 404. */
import { VoxError } from '@vox-speech/contract';

/** The routes of a server as patterns (`/v1/models/*`, `/v1/audio/voices/:id`), to tell 405 from 404. */
export class RouteTable {
  readonly #rows: { methods: Set<string>; pattern: RegExp; url: string }[] = [];

  add(method: string | readonly string[], url: string): void {
    const methods = typeof method === 'string' ? [method] : method;
    const known = this.#rows.find((row) => row.url === url);
    if (known !== undefined) {
      for (const one of methods) known.methods.add(one);
      return;
    }
    this.#rows.push({ methods: new Set(methods), pattern: pathPattern(url), url });
  }

  /** Methods that the path accepts, sorted; empty where it does not exist. */
  methods(path: string): string[] {
    const found = new Set<string>();
    for (const row of this.#rows) if (row.pattern.test(path)) for (const one of row.methods) found.add(one);
    return [...found].sort();
  }

  /** The error for a request that matched no route. `path` is without query string, cut to what may be shown. */
  missing(method: string, path: string): { error: VoxError; allow: string[] } {
    const allow = this.methods(path);
    const error =
      allow.length === 0
        ? new VoxError('not_found', `no route ${method} ${path}`)
        : new VoxError(
            'method_not_allowed',
            `${method} is not allowed on ${path}; allowed: ${allow.join(', ')}`,
          );
    return { error, allow };
  }
}

/** The paths that a route's pattern stands for: `:name` is one part of a path, `*` all the rest. */
export function pathPattern(url: string): RegExp {
  const source = url
    .split(/(:[A-Za-z0-9_]+|\*)/)
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : escaped(part)))
    .join('');
  return new RegExp(`^${source}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
