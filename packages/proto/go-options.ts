/** What buf.gen.go.yaml cannot say itself: which files the module for Go has, and the options that it leaves out. */
export const goOptions: readonly string[] = [
  ...["--path", "../../proto/millrace", "--exclude-path", "../../proto/millrace/scheduler"],
  ...["field", "oneof", "message"].flatMap((name) => ["--exclude-type", `buf.validate.${name}`]),
];
