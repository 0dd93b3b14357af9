/** The lines of the figures, by the original's names: yap.md section 8. The same on a terminal and in a file. */
import type { BenchFigures, Spread, UtteranceFigures } from './metrics.js';

/** Characters of a transcript that are shown without --full-text; `...` follows them. */
const TRANSCRIPT = 80;

/** A transcript on one line. */
export function transcriptLine(text: string, full: boolean): string {
  const characters = [...text.trim().replace(/\s+/g, ' ')];
  const long = !full && characters.length > TRANSCRIPT;
  return `Transcript: ${long ? `${characters.slice(0, TRANSCRIPT).join('')}...` : characters.join('')}`;
}

/** The figures of one utterance. */
export function utteranceLines(figures: UtteranceFigures): string[] {
  const { rtfServer, timesRealTime } = figures;
  return [
    `Connect: ${ms(figures.connectMs)}  Handshake(Ready): ${ms(figures.handshakeMs)}  FirstAudio: ${ms(figures.firstAudioMs)}`,
    `Audio duration: ${seconds(figures.audioMs)}`,
    `Transcription time (to Final): ${seconds(figures.transcriptionMs)}`,
    `Final-Connect: ${seconds(figures.finalSinceConnectMs)}`,
    `Final-FirstAudio: ${seconds(figures.finalSinceFirstAudioMs)}`,
    `RTF (full): ${ratio(figures.rtfFull)}`,
    `RTF (server): ${ratio(rtfServer)}  xRT(server): ${ratio(timesRealTime)}  (target=1.0)`,
    `TTFW: ${ms(figures.firstWordMs)}`,
    `Delta (audio): ${ms(figures.deltaMs)}`,
    `Partials: ${figures.partials}`,
    `Flush→Final: ${ms(figures.flushToFinalMs)}`,
    `Decode tail: ${ms(figures.decodeTailMs)}`,
  ];
}

export interface SessionFigures {
  /** ms from `end` to the close. */
  readonly closeMs: number;
  /** ms from `done` to the close. */
  readonly afterFinalMs: number;
  /** ms from before connecting to the close. */
  readonly sessionMs: number;
}

/** What follows the figures of an utterance that was its socket's only one. */
export function sessionLines(figures: SessionFigures): string[] {
  return [
    `Close: ${ms(figures.closeMs)}`,
    `Post-final (finish): ${ms(figures.afterFinalMs)}`,
    `Session: ${seconds(figures.sessionMs)}`,
  ];
}

/** Characters of the widest name of a row. */
const NAME_WIDTH = 18;

/** The figures of a benchmark. */
export function benchLines(figures: BenchFigures): string[] {
  const row = (name: string, spread: Spread | undefined, show: (value: number) => string): string[] =>
    spread === undefined
      ? []
      : [
          `${name.padEnd(NAME_WIDTH)} avg ${show(spread.avg)}  p50 ${show(spread.p50)}  p95 ${show(spread.p95)}`,
        ];
  const average = (name: string, spread: Spread | undefined, show: (value: number) => string): string[] =>
    spread === undefined ? [] : [`${name.padEnd(NAME_WIDTH)} avg ${show(spread.avg)}`];
  const throughput = (value: number): string => `${value.toFixed(2)} min/min`;
  return [
    ...row('Wall s', figures.wallMs, bare),
    ...average('Audio s', figures.audioMs, bare),
    ...row('TTFW(text)', figures.firstWordMs, ms),
    ...row('RTF (full)', figures.rtfFull, ratio),
    ...row('RTF (server)', figures.rtfServer, ratio),
    ...average('xRT', figures.timesRealTime, ratio),
    ...average('Throughput', figures.throughput, throughput),
    ...row('Delta(audio)', figures.deltaMs, ms),
    ...row('Send dur s', figures.sendMs, bare),
    ...row('Post-send→Final', figures.afterSendMs, ms),
    ...row('Flush→Final', figures.flushToFinalMs, ms),
    ...row('Decode tail', figures.decodeTailMs, ms),
    ...row('Partial gap', figures.partialGapMs, ms),
    `Rejected: ${figures.rejected}`,
    `Errors: ${figures.errors}`,
    `Total elapsed: ${seconds(figures.totalMs)}`,
    `Total audio processed: ${seconds(figures.totalAudioMs)}`,
    `Overall throughput: ${throughput(figures.overallThroughput)}`,
  ];
}

function ms(value: number | undefined): string {
  return value === undefined ? '-' : `${value.toFixed(1)} ms`;
}

function ratio(value: number): string {
  return value.toFixed(3);
}

/** ms as seconds, with the unit in the row's name. */
function bare(value: number): string {
  return (value / 1000).toFixed(3);
}

function seconds(value: number): string {
  return `${bare(value)} s`;
}
