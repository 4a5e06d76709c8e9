import { encodingNamed } from "./decode.ts";
import { Flow } from "./flow.ts";
import { damaged, type Reading } from "./format.ts";

/** Groups that hold no text of the document. A group that begins with `\*` and an unknown word is left out, too. */
const skipped = new Set([
  ...[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "header",
    "headerl",
    "headerr",
  ],
  ...[
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "fldinst",
    "bkmkstart",
    "bkmkend",
    "nonshppict",
  ],
  ...[
    "listtable",
    "listoverridetable",
    "listtext",
    "pntext",
    "pntxta",
    "pntxtb",
    "revtbl",
    "rsidtbl",
  ],
  ...[
    "filetbl",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "xmlnstbl",
    "annotation",
  ],
  ...[
    "atnid",
    "list",
    "listoverride",
    "listlevel",
    "leveltext",
    "levelnumbers",
    "atnauthor",
    "generator",
    "template",
    "private",
    "sp",
    "xe",
    "tc",
    "listpicture",
    "tcn",
  ],
]);
/** Groups with `\*` that hold text. */
const kept = new Set(["shptxt", "shpinst", "shp", "shptext", "ud", "fldrslt", "htmltag"]);
const characters: Readonly<Record<string, string>> = {
  ...{ tab: "\t", line: "\n", emdash: "—", endash: "–", emspace: " ", enspace: " ", qmspace: " " },
  ...{ lquote: "‘", rquote: "’", ldblquote: "“", rdblquote: "”", bullet: "•" },
};
/** The code pages of the character sets that fonts name. */
const charsets: Readonly<Record<number, string>> = {
  ...{ 77: "macintosh", 128: "shift_jis", 129: "euc-kr", 134: "gb18030", 136: "big5" },
  ...{ 161: "windows-1253", 162: "windows-1254", 163: "windows-1258", 177: "windows-1255" },
  ...{ 178: "windows-1256", 186: "windows-1257", 204: "windows-1251", 222: "windows-874" },
  ...{ 238: "windows-1250" },
};
const codePage = (number: number) => {
  const known = {
    932: "shift_jis",
    936: "gb18030",
    949: "euc-kr",
    950: "big5",
    10000: "macintosh",
  };
  const pages: Readonly<Record<number, string>> = known;
  return encodingNamed(pages[number] ?? (number === 65_001 ? "utf-8" : `windows-${number}`));
};

interface State {
  readonly skipping: boolean;
  readonly fonts: boolean;
  readonly font: number;
  /** How many characters after `\u` are its replacement. */
  readonly replacement: number;
  readonly hidden: boolean;
}

/** A control word with its number, a control symbol, a byte as `\'hh`, a brace, or a run of text. */
const TOKEN =
  /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\/giy;

class RtfReader {
  readonly #flow: Flow;
  readonly #stack: State[] = [];
  #state: State = {
    ...{ skipping: false, fonts: false, font: 0, replacement: 1, hidden: false },
  };
  readonly #encodings = new Map<number, string>();
  #fontNow = 0;
  #encoding = "windows-1252";
  #bytes: number[] = [];
  #pieces: string[] = [];
  #toSkip = 0;
  #row = false;
  #starred = false;
  /** Whether the group has just begun: only there a word names what the group holds. */
  #opened = false;
  /** Bytes of a picture or an object that follow as they are. */
  binary = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  token(match: RegExpExecArray): void {
    const [, word, number, hex, symbol, brace, text] = match;
    const [starred, opened] = [this.#starred, this.#opened];
    if (match[0].trim() !== "") this.#opened = brace === "{" || (opened && symbol === "*");
    this.#starred = symbol === "*" && opened;
    if (word !== undefined && opened && this.#isSkipped(word, starred)) return;
    if (word !== undefined) this.#word(word, number === undefined ? undefined : Number(number));
    else if (hex !== undefined) this.#byte(Number.parseInt(hex, 16));
    else if (symbol !== undefined) this.#symbol(symbol);
    else if (brace === "{") this.#stack.push(this.#state);
    else if (brace === "}") {
      this.#flushBytes();
      this.#state = this.#stack.pop() ?? this.#state;
    } else if (text !== undefined)
      for (const character of text) this.#byte(character.charCodeAt(0));
  }

  end(): void {
    this.#paragraph();
    this.#endRow();
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
  }

  get #silent(): boolean {
    return this.#state.skipping || this.#state.hidden;
  }

  #byte(byte: number): void {
    if (this.#toSkip > 0) this.#toSkip -= 1;
    else if (!this.#silent) this.#bytes.push(byte);
  }

  #flushBytes(): void {
    if (this.#bytes.length === 0) return;
    const encoding = this.#encodings.get(this.#state.font) ?? this.#encoding;
    this.#pieces.push(new TextDecoder(encoding).decode(Uint8Array.from(this.#bytes)));
    this.#bytes = [];
  }

  #text(text: string): void {
    this.#flushBytes();
    if (!this.#silent) this.#pieces.push(text);
  }

  #symbol(symbol: string): void {
    if (symbol === "~") this.#text("\u00a0");
    else if (symbol === "_") this.#text("\u2011");
    else if (symbol === "\n" || symbol === "\r") this.#paragraph();
    else if ("\\{}".includes(symbol)) this.#byte(symbol.charCodeAt(0));
  }

  #paragraph(): void {
    this.#flushBytes();
    this.#flow.paragraph(this.#pieces.join(""));
    this.#pieces = [];
  }

  #isSkipped(word: string, starred: boolean): boolean {
    if (!skipped.has(word) && !(starred && !kept.has(word))) return false;
    this.#flushBytes();
    this.#set({ skipping: true, fonts: this.#state.fonts || word === "fonttbl" });
    return true;
  }

  #word(word: string, number: number | undefined): void {
    if (word === "bin") this.binary = Math.max(0, number ?? 0);
    else if (word === "u") this.#unicode(number ?? 0);
    else if (characters[word] !== undefined) this.#text(characters[word]);
    else if (word === "par" || word === "sect" || word === "page") this.#paragraph();
    else if (["trowd", "cell", "nestcell", "row", "nestrow"].includes(word)) this.#table(word);
    else this.#property(word, number);
  }

  #unicode(number: number): void {
    this.#text(String.fromCharCode(number & 0xffff));
    this.#toSkip = this.#state.replacement;
  }

  #property(word: string, number: number | undefined): void {
    if (word === "ansicpg") this.#encoding = codePage(number ?? 0) ?? this.#encoding;
    else if (word === "mac") this.#encoding = "macintosh";
    else if (word === "uc") this.#set({ replacement: number ?? 1 });
    else if (word === "v") this.#set({ hidden: number !== 0 });
    else if (word === "plain") this.#set({ hidden: false });
    else if (word === "f" && this.#state.fonts) this.#fontNow = number ?? 0;
    else if (word === "fcharset" && this.#state.fonts) {
      const encoding = charsets[number ?? 0];
      if (encoding !== undefined) this.#encodings.set(this.#fontNow, encoding);
    } else if (word === "f" || word === "af") {
      this.#flushBytes();
      if (word === "f") this.#set({ font: number ?? 0 });
    }
  }

  #table(word: string): void {
    if (this.#state.skipping) return;
    if (word === "trowd" && this.#pieces.length > 0) this.#paragraph();
    if (word === "trowd") return;
    if (word === "row" || word === "nestrow") {
      this.#endRow();
      return;
    }
    this.#cellText();
  }

  /** The end of a cell is its first sign, so its row begins there. */
  #cellText(): void {
    this.#flushBytes();
    if (!this.#row) this.#flow.openRow();
    this.#row = true;
    this.#flow.openCell();
    this.#paragraph();
    this.#flow.closeCell();
  }

  #endRow(): void {
    if (this.#row) this.#flow.closeRow();
    this.#row = false;
  }
}

/** Reads RTF. Pictures, objects, comments, and headers and footers of pages are left out. */
export function readRtf(bytes: Uint8Array, reading: Reading): void {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const start = text.indexOf("{\\rtf");
  if (start < 0) throw damaged();
  const reader = new RtfReader(new Flow(reading.parts));
  const token = new RegExp(TOKEN);
  token.lastIndex = start;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    reader.token(match);
    token.lastIndex += reader.binary;
    reader.binary = 0;
  }
  reader.end();
}
