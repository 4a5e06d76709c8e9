import { attributeNames } from "@millrace/telemetry";
import type { Span } from "./span-collector.ts";

/** The measures of a picture, in pixels. */
const WIDTH = 880;
const NAMES = 330;
const BARS = 430;
const ROW = 22;
const HEAD = 34;

const colours: Readonly<Record<string, string>> = {
  gateway: "#4c78a8",
  scheduler: "#e0912f",
  worker: "#4f9d5d",
};
const ERROR = "#c0392b";
const TEXT = "#222";

interface Row {
  readonly span: Span;
  readonly depth: number;
}

/** The spans as a tree viewer lists them: children below their parents, in order of their starts. */
function rowsOf(spans: readonly Span[]): readonly Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const below = (parentId: string | undefined, depth: number): Row[] =>
    spans
      .filter((span) =>
        parentId === undefined ? !ids.has(span.parentId) : span.parentId === parentId,
      )
      .sort((a, b) => a.startMs - b.startMs)
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below(undefined, 0);
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const shownMs = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;

/** A short name: an RPC without its package, and what tells attempts and waits apart. */
function nameOf({ name, attributes }: Span): string {
  const short = name.replace(/^millrace\.[a-z]+\.v\d+\./, "");
  const told = [
    attributes[attributeNames.attempt],
    name === "millrace.backoff" ? undefined : attributes[attributeNames.attemptOutcome],
    attributes[attributeNames.httpStatus],
  ].filter((value) => value !== undefined);
  return [short, ...told].join(" · ");
}

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`;

/** Draws a trace as an SVG image. */
export function drawTrace(title: string, spans: readonly Span[]): string {
  const rows = rowsOf(spans);
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.endMs));
  const at = (ms: number) => NAMES + ((ms - startMs) / Math.max(1, endMs - startMs)) * BARS;
  const height = HEAD + rows.length * ROW + 12;
  const lines = rows.flatMap(({ span, depth }, index) => {
    const y = HEAD + index * ROW;
    const middle = y + ROW / 2 + 4;
    const colour = colours[String(span.resource["service.name"])] ?? "#888";
    const width = Math.max(2, at(span.endMs) - at(span.startMs));
    const outline = span.failed ? ` stroke="${ERROR}" stroke-width="2"` : "";
    const held = span.events.flatMap(({ atMs, attributes }) => {
      const kind = attributes[attributeNames.constraint];
      if (kind === undefined) return [];
      const untilMs = atMs + Number(attributes[attributeNames.heldMs]);
      const wide = Math.max(2, at(untilMs) - at(atMs));
      return [
        `<rect x="${at(atMs).toFixed(1)}" y="${y + 5}" width="${wide.toFixed(1)}" height="${ROW - 10}" fill="url(#held)"/>`,
        ...(wide < 110 ? [] : [text(at(atMs) + 6, middle, String(kind), 'fill="#fff"')]),
      ];
    });
    const after = at(span.endMs) + 6;
    return [
      ...(index % 2 === 0
        ? [`<rect y="${y}" width="${WIDTH}" height="${ROW}" fill="#f4f5f7"/>`]
        : []),
      text(12 + depth * 14, middle, nameOf(span), span.failed ? `fill="${ERROR}"` : ""),
      `<rect x="${at(span.startMs).toFixed(1)}" y="${y + 5}" width="${width.toFixed(1)}" height="${ROW - 10}" fill="${colour}"${outline}/>`,
      ...held,
      text(after, middle, shownMs(span.endMs - span.startMs), 'fill="#666"'),
    ];
  });
  const legend = Object.entries(colours).flatMap(([service, colour], index) => [
    `<rect x="${NAMES + index * 100}" y="12" width="10" height="10" fill="${colour}"/>`,
    text(NAMES + 15 + index * 100, 21, service),
  ]);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="11" fill="${TEXT}">`,
    `<title>${escaped(title)}</title>`,
    '<defs><pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#8a5a12"/><rect width="3" height="6" fill="#a56d1c"/></pattern></defs>',
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(12, 21, title, 'font-weight="bold"'),
    ...legend,
    ...lines,
    "</svg>",
  ].join("\n")}\n`;
}
