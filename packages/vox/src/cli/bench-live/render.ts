/** What a run looks like to people: a table of figures, and a plot. */
import type { Figures, Spread } from './figures.js';
import { linePlot } from './svg.js';

/** Lines for the terminal. */
export function figureLines(figures: Figures): string[] {
  const row = (name: string, spread: Spread | undefined): string[] =>
    spread === undefined
      ? []
      : [`  ${name.padEnd(34)} p50 ${ms(spread.p50)}  p95 ${ms(spread.p95)}  p99 ${ms(spread.p99)}`];
  const { cpuPerAudioSecond: cpu, wordErrorPercent: words } = figures;
  return [
    `${figures.streams} streams: ${figures.done} served, ${figures.refused} refused, ${figures.errors} errors`,
    ...row('first partial', figures.firstPartialMs),
    ...row('end of speech to final', figures.speechEndToFinalMs),
    ...(figures.speechEndToFinalMs === undefined
      ? []
      : [`  ${'(without the silence that ends it)'.padEnd(34)}     ${ms(figures.silenceMs)}`]),
    ...row('endpoint to final (server)', figures.endpointToFinalMs),
    ...row('real-time lag', figures.lagMs),
    ...row('packets sent late', figures.sendDelayMs),
    ...(cpu === undefined ? [] : [`  ${'processor s per audio s'.padEnd(34)}     ${cpu}`]),
    ...(words === undefined ? [] : [`  ${'word errors'.padEnd(34)}     ${words} %`]),
    ...(figures.done === 0
      ? []
      : [
          `  ${'stable text that changed'.padEnd(34)}     ${Number((100 * figures.revisedStable).toFixed(3))} %`,
        ]),
    ...figures.messages.map((message) => `  ! ${message}`),
  ];
}

/** Latencies over the number of streams. */
export function plotOf(runs: readonly Figures[], title: string): string {
  const line = (name: string, pick: (figures: Figures) => number | undefined) => ({
    name,
    points: runs.flatMap((figures) => {
      const y = pick(figures);
      return y === undefined ? [] : [[figures.streams, y] as const];
    }),
  });
  return linePlot({
    title,
    x: 'streams',
    y: 'ms',
    lines: [
      line('final p50', (one) => one.speechEndToFinalMs?.p50),
      line('final p95', (one) => one.speechEndToFinalMs?.p95),
      line('final p99', (one) => one.speechEndToFinalMs?.p99),
      line('first partial p95', (one) => one.firstPartialMs?.p95),
    ],
  });
}

function ms(value: number): string {
  return `${value.toFixed(0).padStart(6)} ms`;
}
