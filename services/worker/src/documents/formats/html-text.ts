import { Parser } from "htmlparser2";
import { Flow } from "./flow.ts";
import { damaged } from "./format.ts";
import type { TextParts } from "./text-parts.ts";

const blocks = new Set([
  ...["address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"],
  ...["div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"],
  ...[
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "legend",
    "li",
    "main",
    "ol",
    "option",
    "p",
    "pre",
    "section",
  ],
  ...["summary", "table", "tbody", "tfoot", "thead", "ul"],
]);
/** Elements without text for readers. */
const skipped = new Set([
  ...[
    "head",
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "nav",
    "button",
    "select",
    "object",
  ],
  ...["iframe", "canvas", "audio", "video", "rp", "rt"],
]);

/** The parser takes time in the square of the depth. No page that people read has so many levels. */
const MOST_LEVELS = 5_000;

/** Joins the pieces of a paragraph, and white space as a browser shows it. */
class Line {
  #pieces: string[] = [];
  #endsInSpace = true;

  add(text: string): void {
    if (text === "") return;
    this.#pieces.push(text);
    this.#endsInSpace = /\s$/.test(text.slice(-1));
  }

  addCollapsed(text: string): void {
    const words = text.replace(/\s+/g, " ");
    this.add(this.#endsInSpace && words.startsWith(" ") ? words.slice(1) : words);
  }

  take(): string {
    const text = this.#pieces.join("");
    this.#pieces = [];
    this.#endsInSpace = true;
    return text;
  }
}

/** Adds the text of HTML. Nothing that the HTML refers to is fetched. */
export function addHtml(html: string, parts: TextParts): void {
  const flow = new Flow(parts);
  const line = new Line();
  let levels = 0;
  let skipping = 0;
  let pre = 0;
  const flush = () => flow.paragraph(line.take());
  const parser = new Parser({
    onopentagname(name) {
      levels += 1;
      if (levels > MOST_LEVELS) throw damaged();
      if (skipped.has(name)) skipping += 1;
      if (skipping > 0) return;
      if (name === "br") line.add("\n");
      else if (name === "img") line.addCollapsed(" ");
      else if (name === "tr" || name === "td" || name === "th" || blocks.has(name)) flush();
      if (name === "pre") pre += 1;
      else if (name === "tr") flow.openRow();
      else if (name === "td" || name === "th") flow.openCell();
    },
    ontext(data) {
      if (skipping > 0) return;
      if (pre > 0) line.add(data);
      else line.addCollapsed(data);
    },
    onclosetag(name) {
      levels -= 1;
      if (skipped.has(name)) skipping -= 1;
      if (skipping > 0) return;
      if (name === "tr" || name === "td" || name === "th" || blocks.has(name)) flush();
      if (name === "pre") pre -= 1;
      else if (name === "tr") flow.closeRow();
      else if (name === "td" || name === "th") flow.closeCell();
    },
  });
  parser.end(html);
  flush();
}
