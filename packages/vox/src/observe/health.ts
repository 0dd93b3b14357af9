/** Where the server stands in its life. Listeners and probes ask; only the composition root sets. */

export type HealthState = 'starting' | 'ready' | 'draining';

/** The one answer to "may I send work here?". `ready` only while every listener is up. */
export class Health {
  #state: HealthState = 'starting';
  readonly #watchers = new Set<() => void>();

  get state(): HealthState {
    return this.#state;
  }

  /** A server that drains never becomes ready again; setting `ready` then does nothing. */
  set(state: HealthState): void {
    if (this.#state === 'draining' || this.#state === state) return;
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Calls `changed` after each change, until the function it returns is called. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }
}
