import { stripVTControlCharacters } from "node:util";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text from elsewhere, safe for a terminal: nothing in it moves the cursor, recolours or retitles. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(CONTROL, "\ufffd");
