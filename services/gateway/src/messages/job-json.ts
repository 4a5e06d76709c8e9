import { toJson } from "@bufbuild/protobuf";
import { type Job, JobSchema } from "@millrace/proto/job";

/** Adds JSON texts as members of an object. The texts stay as they are, so large numbers keep their digits. */
export function withMembers(json: string, members: Readonly<Record<string, string>>): string {
  const texts = Object.entries(members).filter(([, text]) => text !== "");
  const added = texts.map(([name, text]) => `,${JSON.stringify(name)}:${text}`).join("");
  return `${json.slice(0, -1)}${added}}`;
}

/**
 * Writes a job in proto3 JSON, with the fields that hold their default. Payload, result and the details of a failure are
 * embedded as JSON, and left out if they are empty.
 */
export function jobJson(job: Job): string {
  const { payloadJson, resultJson, failure, ...rest } = toJson(JobSchema, job, {
    alwaysEmitImplicit: true,
  }) as { payloadJson: string; resultJson: string; failure?: FailureJson };
  return withMembers(JSON.stringify(rest), {
    ...{ payload: payloadJson, result: resultJson, failure: failureText(failure) },
  });
}

export type FailureJson = { readonly detailsJson: string };

/** Writes a failure with its details embedded, and left out if there are none. No failure: the empty text. */
export function failureText(failure: FailureJson | undefined): string {
  if (failure === undefined) return "";
  const { detailsJson, ...rest } = failure;
  return withMembers(JSON.stringify(rest), { details: detailsJson });
}
