/** Draws bars with their range, as an SVG of text, rectangles and lines only, which any viewer shows. */

export interface Bar {
  readonly name: string;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly ours: boolean;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 860;
const LABELS = 150;
const VALUES = 130;
const ROW = 26;
const THICKNESS = 16;
const HEAD = 44;
const MARGIN = 16;
const COLOURS = { ours: "#14b8a6", others: "#94a3b8", ink: "#1e293b", faint: "#64748b" };

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${x}" y="${y}" ${more}>${escaped(content)}</text>`;
const grouped = (value: number): string => value.toLocaleString("en-GB");

function panelOf({ title, bars }: Panel, top: number): string {
  const scale =
    (WIDTH - LABELS - VALUES - MARGIN) / Math.max(...bars.map(({ highest }) => highest));
  const rows = bars.map((bar, index) => {
    const y = top + HEAD + index * ROW;
    const middle = y + THICKNESS / 2;
    const [low, end, high] = [bar.lowest, bar.median, bar.highest].map(
      (value) => Math.round((LABELS + value * scale) * 10) / 10,
    );
    const weight = bar.ours ? 'font-weight="600"' : "";
    return [
      text(LABELS - 8, middle + 4, bar.name, `text-anchor="end" ${weight}`),
      `<rect x="${LABELS}" y="${y}" width="${(end ?? 0) - LABELS}" height="${THICKNESS}" fill="${bar.ours ? COLOURS.ours : COLOURS.others}"/>`,
      `<path d="M${low} ${middle}H${high}M${low} ${middle - 4}v8M${high} ${middle - 4}v8" stroke="${COLOURS.ink}" fill="none"/>`,
      text((high ?? 0) + 8, middle + 4, grouped(bar.median), `fill="${COLOURS.faint}"`),
    ].join("\n");
  });
  return [text(MARGIN, top + 26, title, 'font-weight="600" font-size="15"'), ...rows].join("\n");
}

/** Draws panels below one another, each with its own scale. */
export function chartOf(description: string, panels: readonly Panel[]): string {
  let height = 0;
  const drawn = panels.map((panel) => {
    const top = height;
    height += HEAD + panel.bars.length * ROW + MARGIN;
    return panelOf(panel, top);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="${COLOURS.ink}">`,
    `<title>${escaped(description)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}
