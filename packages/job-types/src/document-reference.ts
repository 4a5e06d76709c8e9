import { isDocumentId } from "@millrace/shared";

/** What is returned in place of an object that is longer than a result may be. */
const REFERENCE = "millrace.document";
/** A reference is never longer than this. */
const REFERENCE_CHARS = 200;

/** The document that holds a provider's object, if the result (JSON) only refers to it. */
export function documentOfResult(resultJson: string): string | undefined {
  if (resultJson.length > REFERENCE_CHARS) return undefined;
  const result: unknown = JSON.parse(resultJson);
  if (typeof result !== "object" || result === null) return undefined;
  const { object, document_id: id } = result as Readonly<Record<string, unknown>>;
  return object === REFERENCE && typeof id === "string" && isDocumentId(id) ? id : undefined;
}
