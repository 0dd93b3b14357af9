/** The log of one connection, in the original's keys, and what is said of it once when it ended badly. No transcripts. */
import type { Log, LogLevel } from '../../observe/index.js';

/** Names of events that the bundle remembers. */
const REMEMBERED = 20;
/** A client may choose its `call_id`; the log takes that much of it. */
const MAX_CALL_ID = 128;

export class Journal {
  readonly #log: Log;
  /** In every line. A logger of its own for each connection would be some kilobytes of each. */
  readonly #who: { readonly call_id: string; readonly conn_id: string };
  /** The latest events, in a ring of so many: an array that is pushed to and shifted is made anew every few events. */
  readonly #last: string[] = new Array(REMEMBERED).fill('');
  #count = 0;
  /** `segment_seq` of the next final: it stands in every line. */
  segment = 1;
  peakIn = 0;
  peakOut = 0;
  overflowIn = 0;
  overflowOut = 0;
  lastInferMs: number | null = null;
  finalizeReason: 'endpoint' | 'commit' | null = null;

  constructor(log: Log, callId: string, connId: string) {
    this.#log = log;
    this.#who = { call_id: callId.slice(0, MAX_CALL_ID), conn_id: connId };
  }

  /** One line. `fields` never hold what was said. */
  say(event: string, fields: Readonly<Record<string, unknown>> = {}, level: Level = 'info'): void {
    this.#remember(event);
    if (!this.#log.isLevelEnabled(level)) return;
    const time = Date.now();
    const { call_id, conn_id } = this.#who;
    const ts = new Date(time).toISOString();
    this.#log[level]({ call_id, conn_id, event, ts, ts_ms: time, segment_seq: this.segment, ...fields });
  }

  /** `ws.closed`, and the bundle where the code is not that of a normal end. */
  closed(code: number, fields: Readonly<Record<string, unknown>>): void {
    this.say('ws.closed', { code, ...fields });
    if (code === 1000) return;
    this.say(
      'ws.troubleshoot_bundle',
      {
        last_events: this.#events(),
        peak_in_depth: this.peakIn,
        peak_out_depth: this.peakOut,
        overflow_in_count: this.overflowIn,
        overflow_out_count: this.overflowOut,
        last_infer_ms: this.lastInferMs,
        finalize_reason: this.finalizeReason,
        close_code: code,
      },
      'warn',
    );
  }

  #remember(event: string): void {
    this.#last[this.#count % REMEMBERED] = event;
    this.#count++;
  }

  /** The remembered events, oldest first. */
  #events(): string[] {
    const next = this.#count % REMEMBERED;
    return this.#count < REMEMBERED
      ? this.#last.slice(0, next)
      : [...this.#last.slice(next), ...this.#last.slice(0, next)];
  }
}

type Level = Exclude<LogLevel, 'silent'>;
