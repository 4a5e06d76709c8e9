import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { createFileRegistry, type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const here = join(import.meta.dirname, "..");

/** Returns a message of the contract with its comments. Generated code leaves comments out. */
export function messageWithComments(typeName: string): DescMessage {
  const image = execFileSync(
    join(here, "node_modules/.bin/buf"),
    ["build", join(here, "../../proto"), "--output", "-"],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const message = createFileRegistry(fromBinary(FileDescriptorSetSchema, image)).getMessage(
    typeName,
  );
  if (message === undefined) throw new Error(`the contract has no message ${typeName}`);
  return message;
}
