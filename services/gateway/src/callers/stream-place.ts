import type { KeyId } from "@millrace/shared";
import type { Caller } from "./caller.ts";
import type { KeyLimit } from "./key-limit.ts";

/**
 * How many watches and waiting calls the job tokens of one job may have open at this gateway. Whoever has a token must not
 * use up the streams of its API key.
 */
export const STREAMS_PER_JOB_TOKEN = 100;

/** Takes a place for a watch or a waiting call, until the caller disposes of it. Throws TOO_MANY_STREAMS if there is none. */
export function streamPlace(
  { streams, tokenStreams }: { readonly streams: KeyLimit; readonly tokenStreams: KeyLimit },
  { keyId, jobToken }: Caller,
): Disposable {
  if (jobToken === undefined) return streams.enter(keyId);
  using places = new DisposableStack();
  places.use(tokenStreams.enter(jobToken.jobId as string as KeyId));
  places.use(streams.enter(keyId));
  return places.move();
}
