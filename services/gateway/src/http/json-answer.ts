import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import type { HttpAnswer } from "@millrace/runtime";

/** Answers with a message in proto3 JSON, with the fields that hold their default. */
export const jsonAnswer = <Desc extends DescMessage>(
  status: number,
  desc: Desc,
  message: MessageInitShape<Desc>,
): HttpAnswer => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(
    toJson(desc, create(desc, message) as MessageShape<Desc>, { alwaysEmitImplicit: true }),
  ),
});
