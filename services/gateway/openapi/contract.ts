import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  type AnyDesc,
  createFileRegistry,
  type DescFile,
  type DescMessage,
  type DescMethod,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { getComments } from "@bufbuild/protoplugin";

const here = join(import.meta.dirname, "..");

/** The contract with its comments, which generated code leaves out. */
export interface Contract {
  readonly message: (like: DescMessage) => DescMessage;
  readonly method: (like: DescMethod) => DescMethod;
}

export function readContract(): Contract {
  const image = execFileSync(
    join(here, "node_modules/.bin/buf"),
    ["build", join(here, "../../proto"), "--output", "-"],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  return {
    message: ({ typeName }) => registry.getMessage(typeName) ?? missing(`the message ${typeName}`),
    method: ({ localName, parent: { typeName } }) =>
      registry.getService(typeName)?.method[localName] ??
      missing(`the method ${localName} of ${typeName}`),
  };
}

const missing = (what: string): never => {
  throw new Error(`the contract does not have ${what}`);
};

/** Returns the comment before a part of the contract, in one line. */
export const commentOf = (desc: Exclude<AnyDesc, DescFile>): string =>
  (getComments(desc).leading ?? "").replaceAll(/\s+/g, " ").trim();
