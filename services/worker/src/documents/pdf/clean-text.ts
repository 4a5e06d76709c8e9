/**
 * What is no text: control characters, halves of surrogate pairs, and code points that Unicode says are no characters.
 * Fonts without a usable map give these.
 */
const noText =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Codes that some fonts take from Windows, where these are quotation marks and dashes. */
const windowsCode = /[\u0080-\u009f]/g;
/** Fonts name their hyphen so. A hyphen that is drawn is visible. */
const softHyphen = /\u00ad/g;
const windows = new TextDecoder("windows-1252");

/**
 * Ligatures in the fonts of TeX, in its older encoding and in that of Cork. A font that does not name them has only these
 * codes, which mean nothing else before a small letter.
 */
const ligatures: Readonly<Record<string, string>> = {
  ...{ "\u000e": "ffi", "\u000f": "ffl" },
  ...{ "\u001b": "ff", "\u001c": "fi", "\u001d": "fl", "\u001e": "ffi", "\u001f": "ffl" },
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: fonts use these codes for ligatures.
const ligature = /[\u000e\u000f\u001b-\u001f](?=\p{Ll})/gu;

/** Removes what is no text, puts letters for ligatures, makes each white space a plain space, and soft hyphens plain ones. */
export function cleanText(text: string): string {
  return text
    .replace(windowsCode, (code) => windows.decode(Uint8Array.of(code.charCodeAt(0))))
    .replace(softHyphen, "-")
    .replace(ligature, (code) => ligatures[code] ?? "")
    .replace(noText, "")
    .replace(/\s/g, " ");
}
