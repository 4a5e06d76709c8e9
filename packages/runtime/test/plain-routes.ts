import { JobService } from "@millrace/proto/job-service";
import { type HttpRoute, rpcError } from "../src/index.ts";

/** Accepts up to `most` bytes, and refuses more without reading on. */
export const takes = (most: number): HttpRoute<string> => ({
  method: "POST",
  path: "/things",
  rpc: JobService.method.submitJob,
  async handle({ body }) {
    let bytes = 0;
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > most) throw rpcError({ reason: "TOO_LARGE", message: "too much" });
    }
    return { status: 200, body: String(bytes) };
  },
});

export const ping: HttpRoute<string> = {
  method: "GET",
  path: "/ping",
  rpc: JobService.method.getJob,
  handle: async () => ({ status: 200, body: "pong" }),
};

/** Accepts everyone except callers whose credential is "no". */
export const refusesNo = async (headers: { get(name: string): string | undefined }) => {
  if (headers.get("authorization") !== "no") return "somebody";
  throw rpcError({ reason: "UNAUTHENTICATED", message: "no such key" });
};
