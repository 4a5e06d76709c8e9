import { createHmac, timingSafeEqual } from "node:crypto";
import { type JobTokenContent, jobTokenText, parseJobToken } from "@millrace/shared";

/** The secret also seals leases. A MAC of one kind must not be valid as one of another kind. */
const PURPOSE = "millrace job token v1";

/**
 * Makes and checks job tokens. All schedulers on one Redis share the secret, so each of them accepts the tokens of all.
 * `secretNow` is asked each time, because the secret changes if Redis was emptied.
 */
export class JobTokens {
  readonly #secretNow: () => Buffer;

  constructor(secretNow: () => Buffer) {
    this.#secretNow = secretNow;
  }

  make(content: JobTokenContent): string {
    const text = jobTokenText(content);
    return `${text}.${this.#macOf(text)}`;
  }

  /** What a token says, if a scheduler made it. Whether it has ended is not checked. */
  read(token: string): JobTokenContent | undefined {
    const parsed = parseJobToken(token);
    if (parsed === undefined) return undefined;
    const mac = Buffer.from(this.#macOf(jobTokenText(parsed.content)));
    return timingSafeEqual(mac, Buffer.from(parsed.mac)) ? parsed.content : undefined;
  }

  #macOf(text: string): string {
    const key = createHmac("sha256", this.#secretNow()).update(PURPOSE).digest();
    return createHmac("sha256", key).update(text).digest("base64url");
  }
}
