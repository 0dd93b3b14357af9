/** What one stream lived through, and the figures of many. */

/** One stream's own observations, wall-clock ms. */
export interface StreamResult {
  readonly outcome: 'done' | 'refused' | 'error';
  readonly message?: string;
  /** From the sending of the first speech to the first partial. */
  readonly firstPartialMs?: number;
  /** From the sending of the last speech to the last final; the silence that the endpoint waits for is in it. */
  readonly speechEndToFinalMs?: number;
  /** What the server says of each final: from its endpoint decision to the final. */
  readonly endpointToFinalMs: readonly number[];
  /** At each partial that says what it covers: audio sent after that. */
  readonly lagMs: readonly number[];
  readonly text: string;
  /** Messages that promised a stable prefix, and those that broke an earlier promise. */
  readonly stable: { readonly promised: number; readonly broken: number };
  readonly audioMs: number;
}

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Figures {
  readonly streams: number;
  readonly done: number;
  readonly refused: number;
  readonly errors: number;
  /** The first few distinct reasons. */
  readonly messages: readonly string[];
  readonly firstPartialMs?: Spread;
  /** Silence excluded. */
  readonly speechEndToFinalMs?: Spread;
  /** The silence that was taken off each, ms. */
  readonly silenceMs: number;
  readonly endpointToFinalMs?: Spread;
  readonly lagMs?: Spread;
  /** How late the generator itself sent its packets. */
  readonly sendDelayMs?: Spread;
  /** Processor seconds of server and runners for a second of audio; absent where the server isn't on this machine. */
  readonly cpuPerAudioSecond?: number;
  readonly wordErrorPercent?: number;
  /** Share of stable prefixes that changed later: must be 0. */
  readonly revisedStable: number;
}

const MESSAGES = 5;

/** The value below which `share` (0..1) of the values lie, interpolated. NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const list = [...values].sort((a, b) => a - b);
  const at = (list.length - 1) * share;
  const low = list[Math.floor(at)] ?? Number.NaN;
  const high = list[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const at = (share: number): number => Math.round(10 * percentile(values, share)) / 10;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export interface RunFacts {
  readonly silenceMs: number;
  readonly sendDelayMs: readonly number[];
  /** Processor seconds of the server and its runners during the run. */
  readonly cpuSeconds: number | undefined;
  readonly reference: string | undefined;
}

/** The figures of one run. */
export function figuresOf(results: readonly StreamResult[], facts: RunFacts): Figures {
  const done = results.filter(({ outcome }) => outcome === 'done');
  const present = (values: readonly (number | undefined)[]): number[] =>
    values.filter((value) => value !== undefined);
  const spreads = {
    firstPartialMs: spread(present(done.map((one) => one.firstPartialMs))),
    speechEndToFinalMs: spread(
      present(done.map((one) => one.speechEndToFinalMs)).map((ms) => ms - facts.silenceMs),
    ),
    endpointToFinalMs: spread(done.flatMap((one) => one.endpointToFinalMs)),
    lagMs: spread(done.flatMap((one) => one.lagMs)),
    sendDelayMs: spread(facts.sendDelayMs),
  };
  const audioSeconds = results.reduce((sum, { audioMs }) => sum + audioMs, 0) / 1000;
  const promised = done.reduce((sum, { stable }) => sum + stable.promised, 0);
  const broken = done.reduce((sum, { stable }) => sum + stable.broken, 0);
  const { reference, cpuSeconds } = facts;
  const known = Object.fromEntries(Object.entries(spreads).filter(([, value]) => value !== undefined));
  return {
    streams: results.length,
    done: done.length,
    refused: results.filter(({ outcome }) => outcome === 'refused').length,
    errors: results.filter(({ outcome }) => outcome === 'error').length,
    messages: [...new Set(results.flatMap(({ message }) => message ?? []))].slice(0, MESSAGES),
    silenceMs: facts.silenceMs,
    ...known,
    ...(cpuSeconds === undefined || audioSeconds === 0
      ? {}
      : { cpuPerAudioSecond: Number((cpuSeconds / audioSeconds).toFixed(4)) }),
    ...(reference === undefined || done.length === 0
      ? {}
      : {
          wordErrorPercent: Number(
            (done.reduce((sum, { text }) => sum + wordErrors(reference, text), 0) / done.length).toFixed(2),
          ),
        }),
    revisedStable: promised === 0 ? 0 : broken / promised,
  };
}

/** Word error rate in percent: lower case, punctuation aside. */
export function wordErrors(reference: string, text: string): number {
  const wanted = wordsOf(reference);
  const heard = wordsOf(text);
  let row = heard.map((_, j) => j + 1);
  for (const [i, word] of wanted.entries()) {
    let diagonal = i;
    let left = i + 1;
    row = row.map((up, j) => {
      const cost = Math.min(diagonal + (word === heard[j] ? 0 : 1), up + 1, left + 1);
      diagonal = up;
      left = cost;
      return cost;
    });
  }
  const errors = row.at(-1) ?? wanted.length;
  return wanted.length === 0 ? (heard.length === 0 ? 0 : 100) : (100 * errors) / wanted.length;
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/['’]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}
