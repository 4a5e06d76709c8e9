/** Draws lines that go up in steps, as an SVG of text and paths only, which any viewer shows. */

export interface Steps {
  readonly name: string;
  readonly colour: string;
  /** The height of each step. */
  readonly values: readonly number[];
}

const WIDTH = 860;
const PLOT = { left: 76, right: 220, top: 56, height: 280 };
const INK = "#1e293b";
const FAINT = "#64748b";
const LINES = 5;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;

/** A round number of at least a fifth of the highest value. */
function unitOf(highest: number): number {
  const least = highest / LINES;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10);
}

/** Draws series over the same steps. `unit` is written behind the numbers of the scale. */
export function stepsChart(
  title: string,
  below: string,
  unit: string,
  all: readonly Steps[],
): string {
  const { left, right, top, height } = PLOT;
  const width = WIDTH - left - right;
  const step = unitOf(Math.max(...all.flatMap(({ values }) => values)));
  const count = Math.max(...all.map(({ values }) => values.length));
  const x = (index: number) => Math.round((left + (width * index) / count) * 10) / 10;
  const y = (value: number) =>
    Math.round((top + height - (height * value) / (step * LINES)) * 10) / 10;
  const scale = Array.from({ length: LINES + 1 }, (_, n) => [
    `<path d="M${left} ${y(n * step)}H${left + width}" stroke="#e2e8f0"/>`,
    text(left - 8, y(n * step) + 4, `${n * step} ${unit}`, `text-anchor="end" fill="${FAINT}"`),
  ]).flat();
  const series = all.map(({ name, colour, values }, n) => {
    const path = values.map(
      (value, at) => `${at === 0 ? "M" : "L"}${x(at)} ${y(value)}H${x(at + 1)}`,
    );
    const line = `<path d="${path.join("")}" stroke="${colour}" stroke-width="2" fill="none"/>`;
    return `${line}\n${text(left + width + 12, top + 16 + n * 20, name, `fill="${colour}" font-weight="600"`)}`;
  });
  const ticks = Array.from({ length: count }, (_, at) =>
    text(
      (x(at) + x(at + 1)) / 2,
      top + height + 18,
      String(at + 1),
      `text-anchor="middle" fill="${FAINT}"`,
    ),
  );
  const bottom = top + height + 48;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom}" width="${WIDTH}" height="${bottom}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${bottom}" fill="#ffffff"/>`,
    text(16, 28, title, 'font-weight="600" font-size="15"'),
    ...scale,
    ...series,
    ...ticks,
    text(left + width / 2, bottom - 8, below, `text-anchor="middle" fill="${FAINT}"`),
    "</svg>\n",
  ].join("\n");
}
