import MarkdownIt, { type Token } from "markdown-it";

/** A paragraph, an entry of a list, or a heading, without the marks of Markdown. */
export interface Passage {
  readonly text: string;
  readonly kind: "paragraph" | "entry" | "heading";
  /** The level of a heading, from 1. */
  readonly level: number;
  /** The share of its characters that are links. */
  readonly linked: number;
}

const markdown = new MarkdownIt("default", { html: true });
const frontMatter = /^\uFEFF?\s*(?:---\n(?:.*\n)*?---|\+\+\+\n(?:.*\n)*?\+\+\+)[ \t]*(?:\n|$)/;
const fields =
  /^(?:---|\+\+\+)\n(?:[\w.-]+[ \t]*[:=].*\n|[ \t]+.*\n|#.*\n|- .*\n|\n)*(?:---|\+\+\+)/;
/** Lines that direct other programs: containers, admonitions, templates, directives of reStructuredText. */
const directive = /^(?:[ \t]*:::.*|[ \t]*!!![ \t].*|[ \t]*\{[%{<].*[%}>]\}|\.\.[ \t].*)$/gm;
const comment = /<!--[\s\S]*?(?:-->|$)/g;
const hidden = /<(script|style|svg)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;
const figures = /<(table|pre)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;
const tag = /<\/?[a-z][^<>]*>/gi;
const htmlTag =
  /^<\/?(?:a|abbr|b|big|br|center|cite|code|del|details|div|em|font|hr|i|img|input|ins|kbd|li|mark|p|picture|q|s|samp|small|source|span|strike|strong|sub|summary|sup|table|tbody|td|th|tr|tt|u|ul|ol|var|video|wbr|h[1-6])\b/i;
const footnoteMark = /\[\^[^\]\s]{1,80}\]/g;
const footnote = /^\[\^[^\]\s]+\]:/;
/** A link whose definition is elsewhere, such as in another part of the document. */
const looseLink = /!?\[([^\][]+)\]\[[^\][]*\]/g;
/** "word [ 3 ]", "word.[12, 13]", and not "see [3]". */
const citation =
  /(?<=[\p{L}\p{M}\p{P}])(?<!\b(?:in|see|by|of|to|from|with|and))\s?\[\s?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*\s?\]/giu;
const looseStop = / ([,.])(?=\s|$)/g;
const checkbox = /^\[[ xX]\]\s+/;
const sign = /[{}()[\]=<>;|\\/_$#&*+~^@`"]/g;
const spacesBetweenIdeographs =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{P}])\n(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu;
/** Programs and commands have more signs than this among their characters, prose has fewer. */
const codeSigns = 0.06;

/** Whether a text looks like a program, a command or data. */
export function isCode(text: string): boolean {
  const signs = text.match(sign)?.length ?? 0;
  return signs > 3 && signs / text.replace(/\s/g, "").length > codeSigns;
}

const wordsPerLine = 6;

/** Whether the lines of a text have as many words as lines of prose, unlike those that a terminal shows. */
function isWordy(text: string): boolean {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const words = text.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  return words.length >= lines.length * wordsPerLine;
}

/** Returns the text of inline Markdown: link texts and code, without images, HTML tags and comments. */
function plain(tokens: readonly Token[], isAll: boolean): { text: string; linked: number } {
  const pieces: string[] = [];
  let chars = 0;
  let linkedChars = 0;
  let links = 0;
  for (const { type, content } of tokens) {
    let piece = "";
    if (type === "text" || type === "code_inline" || (isAll && type === "image")) piece = content;
    else if (type === "softbreak" || type === "hardbreak") piece = "\n";
    else if (type === "html_inline" && !htmlTag.test(content) && !content.startsWith("<!"))
      piece = content;
    else if (type === "link_open") links += 1;
    else if (type === "link_close") links -= 1;
    pieces.push(piece);
    chars += piece.length;
    if (links > 0 || type === "image") linkedChars += piece.length;
  }
  return { text: pieces.join(""), linked: chars === 0 ? 0 : linkedChars / chars };
}

const oneLine = (text: string): string =>
  text
    .replace(looseLink, "$1")
    .replace(footnoteMark, "")
    .replace(citation, "")
    .replace(checkbox, "")
    .replace(spacesBetweenIdeographs, "")
    .replace(/[\s\u00ad\u200b]+/g, (space) => (/^[\u00ad\u200b]+$/.test(space) ? "" : " "))
    .replace(looseStop, "$1")
    .trim();

/** A line that is shorter than this part of the longest was ended on purpose. */
const fullLine = 0.6;
const endsOpen = /[\p{L}\p{N}]$/u;
const beginsNew = /^[\p{Lu}\p{Lo}\p{N}]/u;

/** Splits at lines that were ended on purpose: titles, verses, rows. */
function linesApart(text: string): string[] {
  const lines = text.split("\n");
  const longest = lines.reduce((most, { length }) => Math.max(most, length), 0);
  const parts: string[] = [];
  let before: string | undefined;
  for (const line of lines) {
    const isApart =
      before !== undefined &&
      before.length < longest * fullLine &&
      endsOpen.test(before.trim()) &&
      beginsNew.test(line.trim());
    if (before === undefined || isApart) parts.push(line);
    else parts.push(`${parts.pop()}\n${line}`);
    before = line;
  }
  return parts;
}

class Reading {
  readonly passages: Passage[] = [];
  /** Whether tables, programs and descriptions of images are read, too. */
  readonly #isAll: boolean;
  #lists = 0;
  #tables = 0;
  #heading = 0;

  constructor(isAll: boolean) {
    this.#isAll = isAll;
  }

  read(tokens: readonly Token[]): void {
    for (const token of tokens) {
      const { type, content } = token;
      if (/^(?:bullet|ordered)_list_/.test(type)) this.#lists += token.nesting;
      else if (type.startsWith("table_")) this.#tables += token.nesting;
      else if (type === "heading_open") this.#heading = Number(token.tag.slice(1));
      else if (type === "heading_close") this.#heading = 0;
      else if (type === "inline" && (this.#isAll || this.#tables === 0)) {
        this.#add(plain(token.children ?? [], this.#isAll));
      } else if (type === "html_block") this.#addHtml(content);
      else if (this.#isAll && /^(?:fence|code_block)$/.test(type)) {
        // A part of a document may begin inside a table of HTML, and its lines may be indented.
        const lines = content.replace(tag, " ").split("\n");
        for (const line of lines) this.#add({ text: line, linked: 0 });
      } else if (
        (type === "fence" && token.info === "" && isWordy(content)) ||
        type === "code_block"
      ) {
        // A part of a document may begin inside a fence: then prose is between the fences, and code outside. Plain
        // text may be indented.
        if (!isCode(content)) this.read(markdown.parse(content.replace(/^[ \t]+/gm, ""), {}));
      }
    }
  }

  #add({ text, linked }: { text: string; linked: number }): void {
    if (footnote.test(text)) return;
    // A long "heading" is a paragraph with a line of dashes below it.
    const isHeading = this.#heading > 0 && text.length < 200;
    const kind = isHeading ? "heading" : this.#lists > 0 ? "entry" : "paragraph";
    for (const part of isHeading ? [text] : linesApart(text)) {
      const line = oneLine(part);
      if (this.#isAll ? /[\p{L}\p{N}]/u.test(line) : /\p{L}/u.test(line))
        this.passages.push({ text: line, kind, level: this.#heading, linked });
    }
  }

  #addHtml(html: string): void {
    const shown = html.replace(comment, "").replace(hidden, "");
    const text = (this.#isAll ? shown : shown.replace(figures, "")).replace(tag, " ");
    const linked = /<a\s/i.test(html) ? 1 : 0;
    for (const part of text.split(/\n\s*\n/)) this.#add({ text: part.trim(), linked });
  }
}

/**
 * Splits Markdown or plain text into passages. Comments, front matter, tables, images, footnotes and programs are left out.
 * Of a text that has nothing else, cells, lines of programs and descriptions of images are passages.
 */
export function passagesOf(text: string): Passage[] {
  const lines = text.replace(/\r\n?/g, "\n");
  const front = frontMatter.exec(lines)?.[0] ?? "";
  const body = fields.test(front.trim()) ? lines.slice(front.length) : lines;
  const tokens = markdown.parse(body.replace(directive, ""), {});
  for (const isAll of [false, true]) {
    const reading = new Reading(isAll);
    reading.read(tokens);
    if (reading.passages.length > 0) return reading.passages;
  }
  return [];
}
