// Has a document summarised and prints the summary as it is written:
//   MILLRACE_API_KEY=mr_… node first-job.ts a-file.pdf
import { connectMillrace } from "@millrace/client";

const [file] = process.argv.slice(2);
const { MILLRACE_API_KEY: apiKey, MILLRACE_ADDRESS: address = "127.0.0.1:7400" } = process.env;
if (file === undefined || apiKey === undefined) {
  throw new Error("usage: MILLRACE_API_KEY=mr_… node first-job.ts a-file.pdf");
}

// The reader of the summary may leave before its end, as in `node first-job.ts a-file.pdf | head -1`.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === "EPIPE" ? 0 : 1),
);

const millrace = connectMillrace({ address, apiKey });
const document = await millrace.uploadDocument(file);
const { jobId } = await millrace.submit({
  queue: "documents",
  type: "summarize",
  documentIds: [document.id],
});
// The job is durable now. This program may die, and any program with the API key and the job id can
// read the result later.
process.stderr.write(`job ${jobId}\n`);
for await (const { text } of millrace.text(jobId)) process.stdout.write(text);
process.stdout.write("\n");
await millrace.close();
