import { createHash } from "node:crypto";
import { sendAnswer } from "./answer.ts";
import { headersOf } from "./request.ts";
import type { Endpoint } from "./router.ts";

/** A text that anyone may read, without a credential. It does not change while the server runs, and holds no secrets. */
export interface OpenText {
  readonly path: string;
  readonly contentType: string;
  readonly text: string;
}

/** Callers may keep the text, and ask again with `If-None-Match` after this time. */
const MAX_AGE_SECONDS = 300;

const never = new AbortController().signal;

/** Serves a text with GET. It is no call of the contract, so metrics and the access log do not count it. */
export function openTextEndpoint({ path, contentType, text }: OpenText): Endpoint {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  const headers = { etag, "cache-control": `public, max-age=${MAX_AGE_SECONDS}` };
  return {
    method: "GET",
    path,
    async serve(request, response) {
      if (matches(headersOf(request).get("if-none-match"), etag)) {
        response.writeHead(304, headers);
        response.end();
        return;
      }
      await sendAnswer(
        response,
        { status: 200, headers: { "content-type": contentType, ...headers }, body: text },
        { gone: never, signal: never, headersOnly: request.method === "HEAD" },
      );
    },
  };
}

/** Caches and proxies may weaken a tag, and send several. */
const matches = (wanted: string | undefined, etag: string): boolean =>
  (wanted ?? "").split(",").some((one) => ["*", etag].includes(one.trim().replace(/^W\//, "")));
