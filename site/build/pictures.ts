// Draws the diagrams of pages, which are written in Mermaid's language, as SVG in the colours of the page. Only what the pages
// use of the language is understood. The build fails at anything else.
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import type { MarkdownRenderer } from "vitepress";

const graphviz = await Graphviz.load();

/** Graphviz knows no colours of the page, so it draws with these, which are then replaced. */
const colours: Readonly<Record<string, string>> = {
  "#010101": "var(--vp-c-text-1)",
  "#020202": "var(--vp-c-text-2)",
  "#030303": "var(--vp-c-divider)",
  "#040404": "var(--vp-c-bg-soft)",
  "#050505": "var(--vp-c-text-3)",
};
const STYLE = [
  'bgcolor=transparent fontname="sans-serif"',
  'node [shape=box style="rounded,filled" fillcolor="#040404" color="#030303" fontcolor="#010101" fontname="sans-serif" fontsize=13 margin="0.18,0.09"]',
  'edge [color="#050505" fontcolor="#020202" fontname="sans-serif" fontsize=11 arrowsize=0.7]',
].join("\n");

const quoted = (text: string): string => JSON.stringify(text);

/** Browsers' letters are wider than those that Graphviz reckons with. */
const spaced = (label: string): string => quoted(label === "" ? "" : `   ${label}   `);

/** `[*]` is a beginning of its own for each arrow that leaves it. */
function statement(line: string, index: number, names: Map<string, string>): string {
  const state = /^(\w+|\[\*\]) --> (\w+)(?:: (.+))?$/.exec(line);
  if (state !== null) {
    const [, from = "", to = "", label = ""] = state;
    const start = `start${index}`;
    const begins = from === "[*]";
    const point = begins
      ? `${start} [shape=point width=0.14 color="#010101" fillcolor="#010101"]\n`
      : "";
    return `${point}${begins ? start : from} -> ${to} [label=${spaced(label)}]`;
  }
  const node = String.raw`(\w+)(\[\(.+?\)\]|\(\[.+?\]\)|\[.+?\])?`;
  const edge = new RegExp(String.raw`^${node} (-->|<-->)(?:\|(.+?)\|)? ${node}$`).exec(line);
  if (edge === null)
    throw new Error(`a diagram has a line that build/pictures.ts does not know: ${line}`);
  const [, from = "", fromShape, arrow, label = "", to = "", toShape] = edge;
  const shapes = [shape(from, fromShape, names), shape(to, toShape, names)].join("\n");
  const direction = arrow === "<-->" ? "dir=both " : "";
  return `${shapes}\n${from} -> ${to} [${direction}label=${spaced(label)}]`;
}

function shape(name: string, text: string | undefined, names: Map<string, string>): string {
  if (text === undefined) return "";
  const label = text.replaceAll(/[[\]()]/g, "");
  names.set(name, label);
  const form = text.startsWith("[(")
    ? "shape=cylinder style=filled"
    : text.startsWith("([")
      ? 'style="rounded,filled,dashed"'
      : "";
  return `${name} [label=${quoted(label)} ${form}]`;
}

/** Returns a diagram as SVG. */
export function pictureOf(source: string): string {
  const [kind = "", ...lines] = source
    .trim()
    .split("\n")
    .map((line) => line.trim());
  const direction = /^flowchart (LR|TB)$/.exec(kind)?.[1] ?? "TB";
  const names = new Map<string, string>();
  const body = lines
    .filter((line) => line !== "")
    .map((line, index) => statement(line, index, names));
  const layout = `rankdir=${direction} nodesep=0.45 ranksep=0.5`;
  const drawn = graphviz.dot(`digraph {\n${layout}\n${STYLE}\n${body.join("\n")}\n}`);
  const svg = drawn
    .slice(drawn.indexOf("<svg"))
    .replaceAll(/<title>.*?<\/title>|<!--.*?-->\n?/gs, "");
  return Object.entries(colours)
    .reduce((text, [from, to]) => text.replaceAll(`"${from}"`, `"${to}"`), svg)
    .replaceAll(/ xml:space="preserve"/g, "")
    .replaceAll("\n", "");
}

/** Makes fences of the language mermaid pictures. */
export function picturesOfFences(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index];
    if (token?.info.trim() === "mermaid")
      return `<div class="picture" v-pre>${pictureOf(token.content)}</div>`;
    return fence?.(tokens, index, options, env, self) ?? "";
  };
}
