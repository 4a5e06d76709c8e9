import { toJson } from "@bufbuild/protobuf";
import { type Job, JobSchema } from "@millrace/proto/job";

/** Texts of JSON as members of an object: they go out as they came in, number for number. */
function withMembers(json: string, members: Readonly<Record<string, string>>): string {
  const texts = Object.entries(members).filter(([, text]) => text !== "");
  const added = texts.map(([name, text]) => `,${JSON.stringify(name)}:${text}`).join("");
  return `${json.slice(0, -1)}${added}}`;
}

/**
 * A job in proto3 JSON, fields that hold their default included, but for its payload and result:
 * these are JSON themselves here, and left out where the contract leaves them out.
 */
export function jobJson(job: Job): string {
  const { payloadJson, resultJson, ...rest } = toJson(JobSchema, job, {
    alwaysEmitImplicit: true,
  }) as { payloadJson: string; resultJson: string };
  return withMembers(JSON.stringify(rest), { payload: payloadJson, result: resultJson });
}
