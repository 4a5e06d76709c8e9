import { toJson } from "@bufbuild/protobuf";
import { type Job, JobSchema } from "@millrace/proto/job";

/** Adds JSON texts as members of an object. The texts stay as they are, so large numbers keep their digits. */
export function withMembers(json: string, members: Readonly<Record<string, string>>): string {
  const texts = Object.entries(members).filter(([, text]) => text !== "");
  const added = texts.map(([name, text]) => `,${JSON.stringify(name)}:${text}`).join("");
  return `${json.slice(0, -1)}${added}}`;
}

/**
 * Writes a job in proto3 JSON, with the fields that hold their default. Payload and result are embedded as JSON, and
 * left out if they are empty.
 */
export function jobJson(job: Job): string {
  const { payloadJson, resultJson, ...rest } = toJson(JobSchema, job, {
    alwaysEmitImplicit: true,
  }) as { payloadJson: string; resultJson: string };
  return withMembers(JSON.stringify(rest), { payload: payloadJson, result: resultJson });
}
