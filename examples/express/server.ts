// The endpoint with Millrace: 202 at once, progress while the work runs, and a callback at its end.
import { connectMillrace, MillraceError } from "@millrace/client";
import express, { type ErrorRequestHandler } from "express";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const { env } = process;
const port = Number(env.PORT ?? 3000);
const millrace = connectMillrace({
  address: env.MILLRACE_ADDRESS ?? "127.0.0.1:7400",
  apiKey: env.MILLRACE_API_KEY ?? "",
});
const webhook = new Webhook(await millrace.webhooks.callbackSecret());

interface JobEvent {
  readonly type: string;
  readonly data: { readonly id: string; readonly state: string };
}
/** Stands for your database: the summaries that have ended, by job id. */
const ended = new Map<string, JobEvent["data"]>();

const app = express();

app.post("/summaries", express.json({ limit: "200kb" }), async (request, response) => {
  const idempotencyKey = request.get("idempotency-key");
  const { jobId } = await millrace.submit({
    queue: "summaries",
    type: "summarize-text",
    payload: { text: request.body.text },
    callback: {
      url: `${env.PUBLIC_URL ?? `http://127.0.0.1:${port}`}/callbacks`,
      includeResult: true,
    },
    // A caller that lost the answer sends the same key again, and gets the same job.
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  response.status(202).location(`/summaries/${jobId}`).json({ id: jobId });
});

app.get("/summaries/:id", async (request, response) => {
  const known = ended.get(request.params.id);
  if (known !== undefined) return void response.json(known);
  const { id, state } = await millrace.getJob(request.params.id);
  response.status(202).set("Retry-After", "2").json({ id, state: state.toLowerCase() });
});

/** Server-sent events: `progress`, and `job` with each state. */
app.get("/summaries/:id/events", async (request, response) => {
  const left = new AbortController();
  response.once("close", () => left.abort());
  for await (const event of millrace.watch(request.params.id, { signal: left.signal })) {
    if (!response.headersSent) response.type("text/event-stream");
    const data = event.kind === "job" ? { state: event.job.state } : event;
    response.write(`event: ${event.kind}\ndata: ${JSON.stringify(data)}\n\n`);
  }
  response.end();
});

// The signature is over the raw body, so nothing may parse it before. The same event may arrive twice.
app.post("/callbacks", express.raw({ type: "*/*" }), (request, response) => {
  const { data } = webhook.verify(
    request.body,
    request.headers as Record<string, string>,
  ) as JobEvent;
  ended.set(data.id, data);
  process.stdout.write(`ended ${data.id} ${data.state}\n`);
  response.sendStatus(204);
});

const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return response.destroy();
  if (error instanceof WebhookVerificationError) return void response.sendStatus(400);
  if (!(error instanceof MillraceError)) return next(error);
  const { reason, message, retryAfterMs } = error;
  if (retryAfterMs !== undefined) response.set("Retry-After", `${Math.ceil(retryAfterMs / 1_000)}`);
  const status = reason === "JOB_NOT_FOUND" ? 404 : reason === "MALFORMED" ? 400 : 503;
  response.status(status).json({ reason, message });
};
app.use(answerError);

// If the reader of these lines leaves, the server goes on.
process.stdout.on("error", () => undefined);
const server = app.listen(port, "127.0.0.1", () => {
  process.stdout.write(`listening ${JSON.stringify(server.address())}\n`);
});
