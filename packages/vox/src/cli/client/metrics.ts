/** From the moments of one utterance to its figures: yap.md section 8. Pure; docs/vox-client.md says the same in words. */

/** Moments on one clock, in ms. */
export interface Moments {
  /** Before connecting; of a later utterance of the same socket, its start commit. */
  readonly began: number;
  /** The socket was open; of a later utterance, `began`. */
  readonly opened: number;
  /** `session.created` came; the original never sends it. */
  readonly ready: number | undefined;
  readonly firstAudio: number;
  readonly lastAudio: number;
  /** The final commit was sent. */
  readonly commit: number;
  /** Each `token` message. */
  readonly tokens: readonly number[];
  /** `done`, which follows `final` at once. */
  readonly done: number;
}

/** ms, but for the ratios. `undefined` = what it needs never came. */
export interface UtteranceFigures {
  readonly connectMs: number;
  readonly handshakeMs: number | undefined;
  /** From the beginning to the first audio sent. */
  readonly firstAudioMs: number;
  readonly audioMs: number;
  readonly transcriptionMs: number;
  readonly finalSinceConnectMs: number;
  readonly finalSinceFirstAudioMs: number;
  /** Time over audio: the whole, and from the first audio on. 1 is real time. */
  readonly rtfFull: number;
  readonly rtfServer: number;
  /** The inverse: seconds of audio a second. */
  readonly timesRealTime: number;
  readonly firstWordMs: number | undefined;
  /** What the server needed beyond the audio's own length. */
  readonly deltaMs: number;
  readonly partials: number;
  readonly sendMs: number;
  readonly afterSendMs: number;
  readonly flushToFinalMs: number;
  readonly decodeTailMs: number | undefined;
  /** Mean time between two tokens. */
  readonly partialGapMs: number | undefined;
}

/** @param audioMs length of the audio sent, above 0 */
export function utteranceFigures(at: Moments, audioMs: number): UtteranceFigures {
  const [firstToken] = at.tokens;
  const lastToken = at.tokens.at(-1);
  const heardIn = at.done - at.firstAudio;
  return {
    connectMs: at.opened - at.began,
    handshakeMs: at.ready === undefined ? undefined : at.ready - at.opened,
    firstAudioMs: at.firstAudio - at.began,
    audioMs,
    transcriptionMs: at.done - at.began,
    finalSinceConnectMs: at.done - at.opened,
    finalSinceFirstAudioMs: heardIn,
    rtfFull: (at.done - at.began) / audioMs,
    rtfServer: heardIn / audioMs,
    timesRealTime: audioMs / heardIn,
    firstWordMs: firstToken === undefined ? undefined : firstToken - at.firstAudio,
    deltaMs: heardIn - audioMs,
    partials: at.tokens.length,
    sendMs: at.lastAudio - at.firstAudio,
    afterSendMs: at.done - at.lastAudio,
    flushToFinalMs: at.done - at.commit,
    decodeTailMs: lastToken === undefined ? undefined : at.done - lastToken,
    partialGapMs:
      firstToken === undefined || lastToken === undefined || at.tokens.length < 2
        ? undefined
        : (lastToken - firstToken) / (at.tokens.length - 1),
  };
}

export interface Spread {
  readonly avg: number;
  readonly p50: number;
  readonly p95: number;
}

/** Mean and nearest ranks, `sorted[round(share * (n - 1))]`; undefined of no values. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const rank = (share: number): number => sorted[roundHalfToEven(share * (sorted.length - 1))] ?? Number.NaN;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return { avg: sum / sorted.length, p50: rank(0.5), p95: rank(0.95) };
}

/** As Python's `round`, which the original's figures come from. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** One session of a benchmark. */
export type BenchResult =
  | { readonly outcome: 'done'; readonly wallMs: number; readonly figures: UtteranceFigures }
  | { readonly outcome: 'rejected' | 'error'; readonly message: string };

export interface BenchFigures {
  readonly sessions: number;
  readonly concurrency: number;
  readonly done: number;
  /** Refused for want of a place. */
  readonly rejected: number;
  /** Everything else that went wrong, and the first few distinct reasons. */
  readonly errors: number;
  readonly messages: readonly string[];
  readonly wallMs?: Spread;
  readonly audioMs?: Spread;
  readonly firstWordMs?: Spread;
  readonly rtfFull?: Spread;
  readonly rtfServer?: Spread;
  readonly timesRealTime?: Spread;
  /** Minutes of audio a minute, of each session. */
  readonly throughput?: Spread;
  readonly deltaMs?: Spread;
  readonly sendMs?: Spread;
  readonly afterSendMs?: Spread;
  readonly flushToFinalMs?: Spread;
  readonly decodeTailMs?: Spread;
  readonly partialGapMs?: Spread;
  readonly totalMs: number;
  readonly totalAudioMs: number;
  /** Minutes of audio a minute, all sessions together. */
  readonly overallThroughput: number;
}

const MESSAGES = 5;

/** @param totalMs from the start of the first session to the end of the last */
export function benchFigures(
  results: readonly BenchResult[],
  concurrency: number,
  totalMs: number,
): BenchFigures {
  const done = results.filter((result) => result.outcome === 'done');
  const failed = results.filter((result) => result.outcome !== 'done');
  const of = (pick: (figures: UtteranceFigures) => number | undefined): Spread | undefined =>
    spreadOf(done.map(({ figures }) => pick(figures)));
  const spreads = {
    wallMs: spreadOf(done.map(({ wallMs }) => wallMs)),
    audioMs: of(({ audioMs }) => audioMs),
    firstWordMs: of(({ firstWordMs }) => firstWordMs),
    rtfFull: of(({ rtfFull }) => rtfFull),
    rtfServer: of(({ rtfServer }) => rtfServer),
    timesRealTime: of(({ timesRealTime }) => timesRealTime),
    throughput: spreadOf(done.map(({ figures, wallMs }) => figures.audioMs / wallMs)),
    deltaMs: of(({ deltaMs }) => deltaMs),
    sendMs: of(({ sendMs }) => sendMs),
    afterSendMs: of(({ afterSendMs }) => afterSendMs),
    flushToFinalMs: of(({ flushToFinalMs }) => flushToFinalMs),
    decodeTailMs: of(({ decodeTailMs }) => decodeTailMs),
    partialGapMs: of(({ partialGapMs }) => partialGapMs),
  };
  const totalAudioMs = done.reduce((sum, { figures }) => sum + figures.audioMs, 0);
  return {
    sessions: results.length,
    concurrency,
    done: done.length,
    rejected: failed.filter(({ outcome }) => outcome === 'rejected').length,
    errors: failed.filter(({ outcome }) => outcome === 'error').length,
    messages: [...new Set(failed.map(({ message }) => message))].slice(0, MESSAGES),
    ...Object.fromEntries(Object.entries(spreads).filter(([, spread]) => spread !== undefined)),
    totalMs,
    totalAudioMs,
    overallThroughput: totalMs > 0 ? totalAudioMs / totalMs : 0,
  };
}
