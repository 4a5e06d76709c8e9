/** Answers in pieces that a fault ends: what was written arrives, and the end does not look like a normal one. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import type { Readable } from "node:stream";
import { JobService } from "@millrace/proto/job-service";
import { expect, onTestFinished, test } from "vitest";
import { type HttpRoute, rpcError } from "../src/index.ts";
import { startHttpServer } from "./http-server.ts";

async function* pieces() {
  yield "one";
  yield "two";
  yield "why";
  throw rpcError({ reason: "UNAUTHENTICATED", message: "revoked" });
}
const cutRoute: HttpRoute<string> = {
  method: "GET",
  path: "/cut",
  rpc: JobService.method.watchJob,
  handle: async () => ({ status: 200, body: pieces() }),
};

/** Collects all that arrives of a stream, and the error that it ended with, if any. */
async function heardOf(stream: Readable): Promise<{ text: string; error: unknown }> {
  let text = "";
  stream.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  let error: unknown;
  stream.on("error", (why) => {
    error = why;
  });
  await new Promise((closed) => stream.once("close", closed));
  return { text, error };
}

test("sends all that was written before a fault on HTTP/1.1, and cuts the answer", async () => {
  await using setup = await startHttpServer({}, { routes: [cutRoute] });
  const [response] = (await once(get(`${setup.url}/cut`), "response")) as [IncomingMessage];
  const { text, error } = await heardOf(response);
  expect(text).toBe("onetwowhy");
  expect(error).toMatchObject({ message: "aborted", code: "ECONNRESET" });
});

test("sends all that was written before a fault on HTTP/2, and resets the stream with an error", async () => {
  await using setup = await startHttpServer({}, { routes: [cutRoute] });
  const session = connectHttp2(setup.url);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/cut" });
  const { text, error } = await heardOf(stream);
  expect(text).toBe("onetwowhy");
  expect(error).toMatchObject({ code: "ERR_HTTP2_STREAM_ERROR" });
  expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
});
