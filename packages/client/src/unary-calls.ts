import { DocumentService } from "@millrace/proto/document-service";
import { JobState as StateMessage } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { documentOf } from "./document-message.ts";
import { explanationOf } from "./explanation.ts";
import { type Job, jobOf, specOf } from "./job.ts";
import { jobTokenOf, jobTokenRequest } from "./job-token.ts";
import type { Millrace } from "./millrace.ts";
import { quoteOf } from "./quote.ts";
import { asking, required } from "./retrying.ts";

type UnaryCalls = Pick<
  Millrace,
  | "getJob"
  | "cancel"
  | "list"
  | "explain"
  | "quote"
  | "createJobToken"
  | "getDocument"
  | "listDocuments"
  | "deleteDocument"
>;

/** The calls with one answer. All are safe to repeat, and the client repeats them until their deadline. */
export function unaryCalls(connection: Connection): UnaryCalls {
  const { method } = JobService;
  const ask = asking(connection);
  return {
    async getJob<Result>(jobId: string, call: CallOptions = {}): Promise<Job<Result>> {
      const { job } = await ask(method.getJob, { jobId }, call);
      return jobOf<Result>(required(job));
    },
    async cancel(jobId, { reason = "", ...call } = {}) {
      const { job } = await ask(method.cancelJob, { jobId, reason }, call);
      return jobOf(required(job));
    },
    async *list({ queue, states = [], type = "", label, pageSize = 0 }, call = {}) {
      const filter = {
        queue,
        states: states.map((state) => StateMessage[state]),
        type,
        label: label === undefined ? "" : `${label.name}=${label.value}`,
        pageSize,
      };
      let pageToken = "";
      do {
        const page = await ask(method.listJobs, { ...filter, pageToken }, call);
        for (const job of page.jobs) yield jobOf(job);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    },
    explain: async (jobId, call = {}) =>
      explanationOf(await ask(method.explainJob, { jobId }, call)),
    quote: async (jobs, call = {}) =>
      quoteOf(await ask(method.quoteJobs, { jobs: jobs.map(specOf) }, call)),
    createJobToken: async (jobId, options = {}) =>
      jobTokenOf(await ask(method.createJobToken, jobTokenRequest(jobId, options), options)),
    async getDocument(documentId, call = {}) {
      const { document } = await ask(DocumentService.method.getDocument, { documentId }, call);
      return documentOf(required(document));
    },
    async *listDocuments({ pageSize = 0, ...call } = {}) {
      let pageToken = "";
      do {
        const request = { pageSize, pageToken };
        const page = await ask(DocumentService.method.listDocuments, request, call);
        yield* page.documents.map(documentOf);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    },
    async deleteDocument(documentId, call = {}) {
      await ask(DocumentService.method.deleteDocument, { documentId }, call);
    },
  };
}
