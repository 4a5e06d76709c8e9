// The endpoint before Millrace: the work is done while the caller waits. For a long text the proxy, or the caller, gives
// up first. The work is then lost, and the caller's retry begins it again.
import express from "express";
import { summarize } from "./summarize.ts";

const app = express();

app.post("/summaries", express.json({ limit: "200kb" }), async (request, response) => {
  response.json({ summary: await summarize(request.body.text) });
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  process.stdout.write(`listening ${JSON.stringify(server.address())}\n`);
});
