/** What a schema is for. A request may leave out what has a default; an answer has every field. */
export interface Use {
  readonly kind: "request" | "changes" | "answer";
  /** Fields that are not there, because the address has them. */
  readonly without?: readonly string[];
  /** The fields of a request that may be left out although its rules require them. */
  readonly optional?: readonly string[];
  /** Default: the message's name, with what it is for. */
  readonly name?: string;
}

export const answer: Use = { kind: "answer" };
export const request: Use = { kind: "request" };
