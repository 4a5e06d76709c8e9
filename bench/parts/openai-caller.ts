/** Calls a server of OpenAI's protocol, with as little work as possible, so that the server is measured and not the SDK. */
import { Agent, request } from "node:http";
import type { AskedStream } from "./openai-provider.ts";

export interface OpenAiServer {
  readonly baseUrl: string;
  readonly apiKey: string;
}

export interface StreamTimes {
  /** From the call to its first token, in milliseconds. */
  readonly firstMs: number;
  /** How old each chunk was when it was read, in milliseconds. */
  readonly agesMs: readonly number[];
}

const NS_PER_MS = 1e6;
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

const contents = /"content":"(\d+)"/g;

/** Reads a stream to its end. Throws if it is not complete. */
export const readStream = (
  { baseUrl, apiKey }: OpenAiServer,
  asked: AskedStream,
): Promise<StreamTimes> =>
  new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const msSince = (ns: bigint) => Number(process.hrtime.bigint() - ns) / NS_PER_MS;
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    const call = request(`${baseUrl}/chat/completions`, { method: "POST", agent, headers });
    call.once("error", reject);
    call.once("response", (answer) => {
      const agesMs: number[] = [];
      let firstMs = Number.NaN;
      let rest = "";
      let isDone = false;
      answer.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (line === "data: [DONE]") isDone = true;
          for (const [, written = ""] of line.matchAll(contents)) {
            if (agesMs.length === 0) firstMs = msSince(started);
            agesMs.push(msSince(BigInt(written)));
          }
        }
      });
      answer.once("error", reject);
      answer.once("end", () => {
        if (isDone && agesMs.length === asked.chunks) resolve({ firstMs, agesMs });
        else reject(new Error(`${answer.statusCode}: ${agesMs.length} chunks, then ${rest}`));
      });
    });
    const messages = [{ role: "user", content: JSON.stringify(asked) }];
    call.end(JSON.stringify({ model: "bench", stream: true, messages }));
  });
