/**
 * What is no text: control characters, halves of surrogate pairs, and code points that Unicode says are no characters.
 * Fonts without a usable map give these.
 */
const noText =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Removes what is no text, and makes each white space a plain space. */
export const cleanText = (text: string): string => text.replace(noText, "").replace(/\s/g, " ");
