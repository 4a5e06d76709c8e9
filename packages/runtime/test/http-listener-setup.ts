import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { create } from "@bufbuild/protobuf";
import { JobService, WatchJobResponseSchema } from "@millrace/proto/job-service";
import { onTestFinished } from "vitest";
import type { HttpRoute } from "../src/index.ts";

export const getJob = "/millrace.jobs.v1.JobService/GetJob";
export const watchJob = "/millrace.jobs.v1.JobService/WatchJob";

export const post = (url: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });

export const echo: HttpRoute<string> = {
  method: "GET",
  path: "/echo/{word}",
  rpc: JobService.method.getJob,
  handle: async ({ params, query }, { identity }) => ({
    status: 200,
    headers: { "content-type": "text/plain" },
    body: `${identity} ${params.word} ${query.get("q")}`,
  }),
};

/** A connection on which bytes are written and read by hand. */
export async function raw(address: string): Promise<Socket & { text(): string }> {
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let text = "";
  socket.on("data", (piece: Buffer) => {
    text += piece.toString("latin1");
  });
  return Object.assign(socket, { text: () => text });
}

/** An answer of 64 KiB of output. */
export const big = create(WatchJobResponseSchema, {
  event: {
    case: "chunks",
    value: { chunks: [{ content: { case: "text", value: "x".repeat(64 * 1024) } }] },
  },
});
