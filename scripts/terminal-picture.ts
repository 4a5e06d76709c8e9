// Draws what a program printed on a terminal, and when, as an SVG that plays like a recording. A browser shows it without any
// script, and with nothing loaded from elsewhere.

/** What was printed, and when. */
export interface Printed {
  readonly atMs: number;
  readonly text: string;
}

interface Shown {
  readonly row: number;
  readonly text: string;
  readonly fromMs: number;
  /** When the line was rewritten. Undefined: it stayed. */
  readonly untilMs?: number;
}

const CLEAR_LINE = "\u001b[2K";
/** What moves to another line, or clears one. */
const MOVES = new RegExp(`(\\r?\\n|\\r|${"\u001b"}\\[2K)`);
/** Longer pauses tell a reader nothing. */
const LONGEST_PAUSE_MS = 1_200;
/** How many times as fast as the program the picture plays. */
const SPEED = 3;
const COLUMNS = 100;
const CHARACTER = 7.8;
const ROW = 19;
const MARGIN = 18;
const HEAD = 34;
const colours: readonly (readonly [RegExp, string])[] = [
  [/^\$/, "#f8fafc"],
  [/killed/, "#fb7185"],
  [/succeeded/, "#4ade80"],
  [/^millrace:/, "#5eead4"],
  [/^summarising parts|^(joining|reading)/, "#93c5fd"],
];

/** Shortens pauses, so that the picture plays quickly. */
function withoutPauses(printed: readonly Printed[]): Printed[] {
  let before = 0;
  let now = 0;
  return printed.map(({ atMs, text }) => {
    now += Math.min(atMs - before, LONGEST_PAUSE_MS);
    before = atMs;
    return { atMs: Math.round(now / SPEED), text };
  });
}

/** Returns each version of each line, as a terminal would show them. */
export function linesOf(printed: readonly Printed[]): Shown[] {
  const shown: Shown[] = [];
  let row = 0;
  let text = "";
  let sinceMs = 0;
  const end = (untilMs?: number) => {
    if (text.trim() === "") return;
    shown.push({ row, text, fromMs: sinceMs, ...(untilMs === undefined ? {} : { untilMs }) });
  };
  for (const { atMs, text: piece } of printed) {
    for (const part of piece.split(MOVES)) {
      if (part === CLEAR_LINE) {
        end(atMs);
        text = "";
      } else if (part.endsWith("\n")) {
        end();
        row += 1;
        text = "";
      } else if (part !== "\r" && part !== "") {
        text += part;
        sinceMs = atMs;
      }
    }
  }
  end();
  return shown;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function lineOf({ row, text, fromMs, untilMs }: Shown): string {
  const y = HEAD + MARGIN + row * ROW;
  const cut = text.length > COLUMNS ? `${text.slice(0, COLUMNS - 1)}…` : text.trimEnd();
  const fill = colours.find(([pattern]) => pattern.test(cut))?.[1] ?? "#cbd5e1";
  const show = `show 1ms ${fromMs}ms both`;
  const style = untilMs === undefined ? show : `${show}, hide 1ms ${untilMs}ms forwards`;
  const kind = untilMs === undefined ? "" : ' class="passing"';
  return `<text${kind} x="${MARGIN}" y="${y}" fill="${fill}" xml:space="preserve" style="animation:${style}">${escaped(cut)}</text>`;
}

/** Returns the picture. */
export function terminalPicture(
  title: string,
  command: string,
  printed: readonly Printed[],
): string {
  const all = linesOf([{ atMs: 0, text: `$ ${command}\n` }, ...withoutPauses(printed)]);
  const rows = Math.max(...all.map(({ row }) => row)) + 1;
  const width = Math.round(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = HEAD + rows * ROW + 2 * MARGIN - 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    "<style>",
    "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}",
    "@keyframes show{from{opacity:0}to{opacity:1}}@keyframes hide{from{opacity:1}to{opacity:0}}",
    ".passing{opacity:0}",
    "@media (prefers-reduced-motion:reduce){text{animation:none}}",
    "</style>",
    `<rect width="${width}" height="${height}" rx="10" fill="#0f172a"/>`,
    ...["#f87171", "#fbbf24", "#34d399"].map(
      (fill, index) => `<circle cx="${20 + index * 18}" cy="19" r="5.5" fill="${fill}"/>`,
    ),
    ...all.map(lineOf),
    "</svg>\n",
  ].join("\n");
}
