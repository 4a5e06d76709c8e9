import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { ReflectionService } from "@grpc/reflection";

type Package = ConstructorParameters<typeof ReflectionService>[0];

function withDependencies(file: DescFile, files: Set<DescFile>): void {
  if (files.has(file)) return;
  files.add(file);
  for (const dependency of file.dependencies) withDependencies(dependency, files);
}

/** Makes gRPC server reflection for these services and every file that they import. */
export function reflectionOf(services: readonly DescService[]): ReflectionService {
  const files = new Set<DescFile>();
  for (const service of services) withDependencies(service.file, files);
  const fileDescriptorProtos = [...files].map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  // The library reads only the files of a package.
  const described = { files: { format: "", type: {}, fileDescriptorProtos } };
  return new ReflectionService(described as unknown as Package, {
    services: services.map((service) => service.typeName),
  });
}
