/** The contract's patterns in words. A test holds this table to the proto. */
const words: Readonly<Record<string, string>> = {
  "^[a-z][a-z0-9-]{0,62}$": "must be a name: a–z first, then a–z, 0–9 and -, 63 characters at most",
  "^[a-z][a-z0-9_-]{0,62}$":
    "must be a name: a–z first, then a–z, 0–9, _ and -, 63 characters at most",
  "^([a-z][a-z0-9_-]{0,63})?$":
    "must be a name: a–z first, then a–z, 0–9, _ and -, 64 characters at most",
  "^[a-z][a-z0-9-]{0,62}~[a-z0-9]{4,32}~[a-z][a-z0-9_-]{0,62}$":
    "must be the id of a schedule, as creating it gave it: <queue>~<key id>~<name>",
  "^[a-z][a-z0-9_.-]{0,62}$":
    "must be a type: a–z first, then a–z, 0–9, _, . and -, 63 characters at most",
  "^([a-z][a-z0-9_.-]{0,62})?$":
    "must be a type: a–z first, then a–z, 0–9, _, . and -, 63 characters at most",
  "^[a-z0-9][a-z0-9._/-]{0,62}$":
    "must be a pool: a–z or 0–9 first, then a–z, 0–9, ., _, / and -, 63 characters at most",
  "^([a-z0-9][a-z0-9._/-]{0,62})?$":
    "must be a pool: a–z or 0–9 first, then a–z, 0–9, ., _, / and -, 63 characters at most",
  "^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,99}$":
    "must be a model: a letter or digit first, then letters, digits, ., _, /, :, @, + and -, 100 characters at most",
  "^([A-Za-z0-9][A-Za-z0-9._/:@+-]{0,99})?$":
    "must be a model: a letter or digit first, then letters, digits, ., _, /, :, @, + and -, 100 characters at most",
  "^[^\\x00-\\x1f\\x7f-\\x9f\u2028\u2029]{1,200}$":
    "must be 1 to 200 characters, without control characters and line separators",
  "^[a-zA-Z][a-zA-Z0-9_.-]{0,62}$":
    "must be a label's name: a letter first, then letters, digits, _, . and -, 63 characters at most",
  "^[a-z0-9]{4,32}$": "must be a key id: 4 to 32 characters of a–z and 0–9",
  "^([a-z0-9]{4,32})?$": "must be a key id: 4 to 32 characters of a–z and 0–9",
  "^[a-z][a-z0-9-]{0,62}~[a-z0-9]{4,32}~[0-7][0-9A-HJKMNP-TV-Z]{25}$":
    "must be the id of a job or group, as creating it gave it: <queue>~<key id>~<26 characters>",
  "^([a-z][a-z0-9-]{0,62}~[a-z0-9]{4,32}~[0-7][0-9A-HJKMNP-TV-Z]{25})?$":
    "must be the id of a group, as creating it gave it: <queue>~<key id>~<26 characters>",
  "^doc_[0-7][0-9A-HJKMNP-TV-Z]{25}$":
    "must be a document id, as uploading gave it: doc_<26 characters>",
  "^we_[0-7][0-9A-HJKMNP-TV-Z]{25}$":
    "must be the id of a webhook endpoint, as creating it gave it: we_<26 characters>",
  "^(we_[0-7][0-9A-HJKMNP-TV-Z]{25})?$":
    "must be the id of a webhook endpoint, as creating it gave it: we_<26 characters>",
  "^[A-Za-z0-9._-]{1,128}$": "must be 1 to 128 characters of letters, digits, ., _ and -",
  "^[^/\\\\\\x00-\\x1f]{0,255}$":
    "must be a file name without a path: no /, \\ or control characters, 255 characters at most",
  "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$": "must be a day such as 2027-01-31",
  "^[0-9a-f]{64}$": "must be a SHA-256: 64 characters of 0–9 and a–f",
  "^([0-9a-f]{64})?$": "must be a SHA-256: 64 characters of 0–9 and a–f",
};

/** Describes a pattern of the contract in words: "must be …". */
export const patternInWords = (pattern: string): string =>
  words[pattern] ?? `must match ${pattern}`;

const BROKEN_PATTERN = /^does not match regex pattern `(.*)`$/s;

/** Returns the message of a violation, in words if it shows a pattern of the table. */
export function inWords(message: string): string {
  const pattern = BROKEN_PATTERN.exec(message)?.[1];
  return (pattern === undefined ? undefined : words[pattern]) ?? message;
}
