/** Parses the values of flags that are numbers of the contract. The bounds are those of the field. */
import { type DescField, getOption, ScalarType } from "@bufbuild/protobuf";
import { field as rulesOf } from "@millrace/proto/validation-rules";
import { InvalidArgumentError } from "commander";

interface Bounds {
  readonly least: bigint | number;
  readonly most: bigint | number;
}

const mostOf: Readonly<Partial<Record<ScalarType, bigint | number>>> = {
  [ScalarType.UINT32]: 2 ** 32 - 1,
  [ScalarType.UINT64]: 2n ** 64n - 1n,
};

function boundsOf(field: DescField): Bounds {
  const { type } = getOption(field, rulesOf);
  const rules = type.case === "uint32" || type.case === "uint64" || type.case === "double";
  const { greaterThan, lessThan } = rules
    ? type.value
    : { greaterThan: undefined, lessThan: undefined };
  return {
    least: greaterThan?.case === "gte" ? greaterThan.value : 0,
    most:
      lessThan?.case === "lte"
        ? lessThan.value
        : (mostOf[field.scalar as ScalarType] ?? Number.MAX_VALUE),
  };
}

const within = ({ least, most }: Bounds, value: bigint | number): boolean =>
  value >= least && value <= most;

/** A whole number of 32 bits. */
export function fieldNumber(field: DescField): (text: string) => number {
  const bounds = boundsOf(field);
  return (text) => {
    if (/^\d{1,15}$/.test(text) && within(bounds, Number(text))) return Number(text);
    throw new InvalidArgumentError(
      `It must be a whole number from ${bounds.least} to ${bounds.most}.`,
    );
  };
}

/** A whole number of 64 bits. */
export function fieldBigint(field: DescField): (text: string) => bigint {
  const bounds = boundsOf(field);
  return (text) => {
    if (/^\d{1,20}$/.test(text) && within(bounds, BigInt(text))) return BigInt(text);
    throw new InvalidArgumentError(
      `It must be a whole number from ${bounds.least} to ${bounds.most}.`,
    );
  };
}

/** A number that may have decimals. */
export function fieldDecimal(field: DescField): (text: string) => number {
  const bounds = boundsOf(field);
  return (text) => {
    if (/^\d+(\.\d+)?$/.test(text) && within(bounds, Number(text))) return Number(text);
    throw new InvalidArgumentError(
      `It must be a number from ${bounds.least} to ${bounds.most}, for example 2 or 0.5.`,
    );
  };
}
