/** Built-in formats of dates and times, by their number. */
const builtInDates = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 46, 47]);
const DAY_MS = 86_400_000;
/** Excel counts days from 1899-12-30, so that the leap day which 1900 did not have counts. Old files of Macs begin later. */
const EPOCHS = { 1900: Date.UTC(1899, 11, 30), 1904: Date.UTC(1904, 0, 1) };
const LAST_DAY = 2_958_465;

/** What the format of a number shows: a date, a time, both, or a number. */
export interface NumberFormat {
  readonly date: boolean;
  readonly time: boolean;
}

/** Reads a format code, such as `yyyy\-mm\-dd hh:mm`. */
export function numberFormatOf(id: number, code: string | undefined): NumberFormat {
  if (code === undefined) {
    if (!builtInDates.has(id)) return { date: false, time: false };
    return { date: id < 18 || id === 22, time: id >= 18 };
  }
  // Quoted text, escaped characters, colours and currencies are no part of the pattern. Hours may be in brackets.
  const pattern = (code.split(";")[0] ?? "")
    .replace(/"[^"]*"|\\.|_.|\*./g, "")
    .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, "")
    .toLowerCase();
  if (/general|[#0?]/.test(pattern.replace(/s\.0+/g, "s"))) return { date: false, time: false };
  const time = /[hs]/.test(pattern);
  return { date: /[yd]/.test(pattern) || (/m/.test(pattern) && !time), time };
}

/** Shows a number as its format does, but dates always by ISO 8601. */
export function numberText(value: string, format: NumberFormat, epoch: 1900 | 1904): string {
  const number = Number(value);
  if (!Number.isFinite(number) || value.trim() === "") return value;
  if ((format.date || format.time) && number >= 0 && number <= LAST_DAY) {
    const iso = new Date(EPOCHS[epoch] + Math.round(number * 86_400) * 1_000).toISOString();
    const [day = "", clock = ""] = [iso.slice(0, 10), iso.slice(11, 19)];
    if (!format.date)
      return number * DAY_MS < DAY_MS ? clock : `${Math.floor(number)} days ${clock}`;
    return format.time && clock !== "00:00:00" ? `${day} ${clock}` : day;
  }
  // 15 digits are what a spreadsheet keeps. Further digits are only the error of binary fractions.
  return String(Number(number.toPrecision(15)));
}
