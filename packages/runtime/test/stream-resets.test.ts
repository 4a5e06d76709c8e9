import { expect, test } from "vitest";
import { jobId, startJobServer } from "./job-server.ts";

test("does not cut other streams on a connection when callers leave many, if that is allowed", async () => {
  await using setup = await startJobServer(
    {
      async *watchJob(_, { signal }) {
        yield { event: { case: "chunks", value: { chunks: [] } } };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
    { limits: { streamResets: { burst: 10_000, perSecond: 1_000 } } },
  );
  const staying = setup.rpc.watchJob({ jobId })[Symbol.asyncIterator]();
  await staying.next();
  let cut: unknown;
  staying.next().catch((error: unknown) => {
    cut = error;
  });
  const leave = async () => {
    for await (const _ of setup.rpc.watchJob({ jobId })) break;
  };
  // This is more than HTTP/2's own burst of 1,000.
  for (let i = 0; i < 30; i += 1) await Promise.all(Array.from({ length: 50 }, leave));
  expect(cut).toBeUndefined();
});
