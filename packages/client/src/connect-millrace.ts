import type { CallOptions, ConnectOptions } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import { downloadDocument, uploadDocument } from "./documents.ts";
import { groupCalls } from "./groups.ts";
import type { NewJob } from "./job.ts";
import { JobEnds, succeeded } from "./job-end.ts";
import type { Millrace } from "./millrace.ts";
import { closedError } from "./millrace-error.ts";
import { scheduleCalls } from "./schedules.ts";
import { accepted, submissionOf } from "./submission.ts";
import { type SubmitOutcome, SubmitStream } from "./submit-stream.ts";
import { textOf } from "./text.ts";
import { unaryCalls } from "./unary-calls.ts";
import { type WatchOptions, watchJob } from "./watch.ts";
import { webhookCalls } from "./webhooks.ts";

/** Returns at once. The connection opens at the first call. */
export function connectMillrace(options: ConnectOptions): Millrace {
  const connection = new Connection(options);
  const submissions = new SubmitStream(connection);
  const ends = new JobEnds(connection, submissions);
  let closing = false;

  const submitOn = (stream: SubmitStream, job: NewJob, call: CallOptions) =>
    new Promise<SubmitOutcome>((resolve) => {
      stream.add([submissionOf(job, connection, call, resolve)]);
    });
  const submit: Millrace["submit"] = async (job, call = {}) => {
    if (closing) throw closedError();
    return accepted(await submitOn(submissions, job, call));
  };
  const watch = <Result>(jobId: string, watchOptions: WatchOptions = {}) =>
    watchJob<Result>(connection, jobId, watchOptions);

  const submitMany: Millrace["submitMany"] = async (jobs, call = {}) => {
    if (closing) throw closedError();
    return Promise.all(jobs.map((job) => submitOn(submissions, job, call)));
  };

  return {
    ...unaryCalls(connection),
    ...groupCalls(connection, submitMany),
    ...scheduleCalls(connection),
    webhooks: webhookCalls(connection),
    submit,
    submitMany,
    run: <Result>(job: NewJob, call: CallOptions = {}) =>
      closing ? Promise.reject(closedError()) : ends.run<Result>(job, call).then(succeeded),
    wait: <Result>(jobId: string, call: CallOptions = {}) =>
      closing ? Promise.reject(closedError()) : ends.wait<Result>(jobId, call),
    watch,
    text: (jobId, watchOptions) => textOf(watch(jobId, watchOptions)),
    uploadDocument: (source, upload = {}) =>
      connection.underWay(uploadDocument(connection, source, upload)),
    downloadDocument: (documentId, call = {}) => downloadDocument(connection, documentId, call),
    async close() {
      closing = true;
      await Promise.all([submissions.settled(), connection.settled()]);
      submissions.close();
      ends.close();
      connection.close();
    },
  };
}
