import { clone } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

const RULES = "buf/validate/validate.proto";

/** Returns a copy of a file without rules and other options. Servers check the rules, and clients need none of them. */
export function bareFile(file: FileDescriptorProto): FileDescriptorProto {
  const bare = clone(FileDescriptorProtoSchema, file);
  delete bare.options;
  delete bare.sourceCodeInfo;
  bare.dependency = bare.dependency.filter((name) => name !== RULES);
  for (const message of bare.messageType) strip(message);
  for (const one of bare.enumType) {
    delete one.options;
    for (const value of one.value) delete value.options;
  }
  for (const service of bare.service) {
    delete service.options;
    for (const method of service.method) delete method.options;
  }
  return bare;
}

function strip(message: DescriptorProto): void {
  // A message that is an entry of a map is marked by an option.
  if (message.options?.mapEntry !== true) delete message.options;
  for (const field of message.field) delete field.options;
  for (const oneof of message.oneofDecl) delete oneof.options;
  for (const nested of message.nestedType) strip(nested);
}
