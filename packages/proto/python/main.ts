// A protoc plugin that writes the Python SDK's messages. The generator of protoc is not used, because it registers
// messages in one pool for the whole process. There, the files google/rpc and buf/validate of other packages would
// collide with ours. The SDK has a pool of its own, and its code needs no certain version of protobuf.
import { readFileSync } from "node:fs";
import {
  create,
  createFileRegistry,
  type DescFile,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponse_Feature,
  CodeGeneratorResponseSchema,
  Edition,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { bareFile } from "./bare-file.ts";
import { isGenerated, modulePath, packageFolders } from "./module-names.ts";
import { moduleText } from "./module-text.ts";
import { stubText } from "./stub-text.ts";

const request = fromBinary(CodeGeneratorRequestSchema, readFileSync(0));
const registry = createFileRegistry(
  create(FileDescriptorSetSchema, { file: request.protoFile.map(bareFile) }),
);
const files = [...registry.files].filter(({ proto }) => isGenerated(proto.name));

const generated = (file: DescFile) => [
  { name: `${modulePath(file.proto.name)}.py`, content: moduleText(file) },
  { name: `${modulePath(file.proto.name)}.pyi`, content: stubText(file) },
];
const response: CodeGeneratorResponse = create(CodeGeneratorResponseSchema, {
  supportedFeatures: BigInt(CodeGeneratorResponse_Feature.PROTO3_OPTIONAL),
  minimumEdition: Edition.EDITION_PROTO2,
  maximumEdition: Edition.EDITION_2023,
  file: [
    ...files.flatMap(generated),
    ...packageFolders(files.map(({ proto }) => proto.name)).map((folder) => ({
      name: `${folder}__init__.py`,
      content: "",
    })),
  ],
});
process.stdout.write(toBinary(CodeGeneratorResponseSchema, response));
