/** A plot of lines, as an SVG that needs nothing else. */

export interface Line {
  readonly name: string;
  /** [x, y], x ascending. */
  readonly points: readonly (readonly [number, number])[];
}

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { left: 64, right: 120, top: 36, bottom: 44 };
/** Okabe and Ito's colours, which colour-blind readers tell apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const TICKS = 5;

/** The plot as text. Axes start at 0; a line without points is left out. */
export function linePlot(plot: {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
}): string {
  const lines = plot.lines.filter(({ points }) => points.length > 0);
  const all = lines.flatMap(({ points }) => points);
  const top = (axis: 0 | 1): number => niceTop(Math.max(0, ...all.map((point) => point[axis])));
  const [xTop, yTop] = [top(0), top(1)];
  const inner = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
  const px = (x: number): string => (MARGIN.left + (inner.width * x) / xTop).toFixed(1);
  const py = (y: number): string =>
    (MARGIN.top + inner.height - (inner.height * Math.max(0, y)) / yTop).toFixed(1);
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => i / TICKS);
  const grid = ticks.flatMap((share) => [
    `<line x1="${px(0)}" x2="${px(xTop)}" y1="${py(share * yTop)}" y2="${py(share * yTop)}" stroke="#ddd"/>`,
    `<text x="${MARGIN.left - 8}" y="${py(share * yTop)}" text-anchor="end" dy="4">${label(share * yTop)}</text>`,
    `<text x="${px(share * xTop)}" y="${HEIGHT - MARGIN.bottom + 16}" text-anchor="middle">${label(share * xTop)}</text>`,
  ]);
  const drawn = lines.flatMap(({ name, points }, i) => {
    const color = COLORS[i % COLORS.length];
    const path = points.map(([x, y]) => `${px(x)},${py(y)}`).join(' ');
    const y = MARGIN.top + 16 * i + 8;
    return [
      `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
      `<text x="${WIDTH - MARGIN.right + 12}" y="${y}" fill="${color}">${escaped(name)}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(plot.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="20" font-size="14">${escaped(plot.title)}</text>`,
    ...grid,
    `<text x="${MARGIN.left + inner.width / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escaped(plot.x)}</text>`,
    `<text x="14" y="${MARGIN.top + inner.height / 2}" text-anchor="middle" transform="rotate(-90 14 ${MARGIN.top + inner.height / 2})">${escaped(plot.y)}</text>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

/** The next 1, 2 or 5 times a power of ten; 1 for nothing. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function label(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
