/** What is shown while vLLM starts: a line that is drawn anew on a terminal, its log where that is asked for. */
import type { EngineRecord } from '../../local/vllm/index.js';
import { newLinesOf } from '../../observe/index.js';
import type { Output } from '../output.js';

const CLEAR_LINE = '\r\x1b[2K';

export class StartProgress {
  readonly #output: Output;
  readonly #asJson: boolean;
  readonly #showLogs: boolean;
  readonly #over = new AbortController();
  #isDrawn = false;

  constructor(output: Output, { asJson, showLogs }: { asJson: boolean; showLogs: boolean }) {
    this.#output = output;
    this.#asJson = asJson;
    this.#showLogs = showLogs && !asJson;
  }

  started({ reference, pid, url, log, logStart }: EngineRecord, tuning: string): void {
    if (this.#asJson) return;
    this.#output.line(`Started vLLM for ${reference}: process ${pid}, ${url}`);
    this.#output.line(`  ${tuning}`);
    this.#output.line(`  log: ${log}`);
    if (this.#showLogs) void this.#show(log, logStart);
  }

  /** @param gone seconds since the wait began */
  waiting(gone: number): void {
    if (this.#asJson || this.#showLogs || this.#output.terminal === undefined) return;
    this.#output.raw(
      `${CLEAR_LINE}  waiting until it is healthy: ${Math.floor(gone)} s (vox engine logs -f shows what it does)`,
    );
    this.#isDrawn = true;
  }

  close(): void {
    this.#over.abort();
    if (this.#isDrawn) this.#output.raw(CLEAR_LINE);
    this.#isDrawn = false;
  }

  async #show(log: string, from: number): Promise<void> {
    for await (const line of newLinesOf(log, from, this.#over.signal)) this.#output.note(line);
  }
}
