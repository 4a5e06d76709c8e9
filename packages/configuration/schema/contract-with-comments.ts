import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createFileRegistry, type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const here = join(import.meta.dirname, "..");

/** A message of the contract with its comments, which generated code leaves out. */
export function messageWithComments(typeName: string): DescMessage {
  const image = execFileSync(
    join(here, "node_modules/.bin/buf"),
    ["build", join(here, "../../proto"), "--output", "-"],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const message = createFileRegistry(fromBinary(FileDescriptorSetSchema, image)).getMessage(
    typeName,
  );
  if (message === undefined) throw new Error(`the contract has no ${typeName}`);
  return message;
}
