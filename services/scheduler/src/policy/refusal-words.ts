import { cutChars, wellFormed } from "@millrace/shared";

/** The longest text of a provider that is kept with its account. */
const MOST_CHARS = 300;
/** What may be a credential: the usual prefixes of keys, and what follows "Bearer". */
const SECRETS =
  /\b(?:sk|pk|rk)-[\w.-]{8,}[\w-]|\bbearer\s+\S+|\b(?:api[-_ ]?key|token|secret)\s*[:=]\s*\S+/gi;
/** Control characters and white space, also those that change how a terminal or a page shows a text. */
const BLANKS = /[\s\p{Cc}\p{Cf}]+/gu;

/** What a provider said, in one line of at most 300 characters, without what looks like a secret. */
export const refusalWords = (message: string): string =>
  cutChars(
    wellFormed(message).replaceAll(BLANKS, " ").trim().replaceAll(SECRETS, "[redacted]"),
    MOST_CHARS,
  );
