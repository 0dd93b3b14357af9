/** Where the server stands in its life. Listeners and probes ask; only the composition root sets. */

export type HealthState = 'starting' | 'ready' | 'draining';

/** The one answer to "may I send work here?". `ready` only while every listener is up. */
export class Health {
  #state: HealthState = 'starting';

  get state(): HealthState {
    return this.#state;
  }

  /** A server that drains never becomes ready again; setting `ready` then does nothing. */
  set(state: HealthState): void {
    if (this.#state === 'draining') return;
    this.#state = state;
  }
}
