/** A program that has hostile documents summarised, and a good one beside each. It writes what became of them as JSON. */
import { connectMillrace } from "@millrace/client";
import { bombPdf, formTreePdf } from "../../../services/worker/test/hostile-pdf.ts";

export interface HostileReport {
  readonly name: string;
  readonly state: string;
  readonly attempts: number;
  readonly stalls: number;
  readonly reason: string;
}

const WAIT_MS = 300_000;
const { address, apiKey } = JSON.parse(process.env.LOAD ?? "{}") as {
  readonly address: string;
  readonly apiKey: string;
};
const documents: Readonly<Record<string, Buffer>> = {
  good: Buffer.from("The mill stands by the river. The river turns the mill. ".repeat(200)),
  "bomb of 2 GiB": bombPdf(2_048),
  "forms that draw forms": formTreePdf(40),
};
const millrace = connectMillrace({ address, apiKey });

async function summarise(name: string, bytes: Buffer): Promise<HostileReport> {
  const document = await millrace.uploadDocument(bytes);
  const { jobId } = await millrace.submit({
    ...{ queue: "documents", type: "summarize", documentIds: [document.id] },
    retry: { maxAttempts: 2 },
  });
  const job = await millrace.wait(jobId, { deadlineMs: WAIT_MS });
  const { state, attempt, stalls, failure } = job;
  return { name, state, attempts: attempt, stalls, reason: failure?.reason ?? "" };
}

const reports = await Promise.all(
  Object.entries(documents).map(([name, bytes]) => summarise(name, bytes)),
);
process.stdout.write(`${JSON.stringify(reports)}\n`);
await millrace.close();
process.exit(0);
