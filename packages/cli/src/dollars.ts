import { InvalidArgumentError } from "commander";

/** Micro-dollars are millionths of a dollar. */
const MICRO_DIGITS = 6;
/** The highest price of the contract: a million dollars per million tokens. */
export const MOST_MICROS: bigint = 10n ** 12n;

const DECIMAL = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Multiplies a decimal number, as text, by 10 to the power of `digits`, and rounds half up. It calculates with digits and
 * not with doubles, so no value is off by the error of a double. Returns undefined if the text is no decimal number.
 */
export function scaled(
  text: string,
  digits: number,
): { readonly value: bigint; readonly rounded: boolean } | undefined {
  const [, sign, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const shift = Number(exponent) + digits - fraction.length;
  const number = BigInt(whole + fraction);
  const divisor = shift < 0 ? 10n ** BigInt(-shift) : 1n;
  const exact = shift < 0 ? number : number * 10n ** BigInt(shift);
  const value = (2n * exact + divisor) / (2n * divisor);
  return { value: sign === "-" ? -value : value, rounded: exact % divisor !== 0n };
}

/** Parses a price in US dollars per million tokens as micro-dollars per million tokens. */
export function dollars(text: string): bigint {
  const price = /^\d+(\.\d+)?$/.test(text) ? scaled(text, MICRO_DIGITS) : undefined;
  if (price !== undefined && !price.rounded && price.value <= MOST_MICROS) return price.value;
  throw new InvalidArgumentError(
    "It must be US dollars per million tokens, from 0 to 1000000 and with at most 6 decimals, for example 1.25.",
  );
}

/** The highest max_cost_micros of the contract: a thousand million dollars. */
const MOST_COST_MICROS = 10n ** 15n;

/** Parses an amount in US dollars as micro-dollars. */
export function amount(text: string): number {
  const cost = /^\d+(\.\d+)?$/.test(text) ? scaled(text, MICRO_DIGITS) : undefined;
  if (cost !== undefined && !cost.rounded && cost.value <= MOST_COST_MICROS)
    return Number(cost.value);
  throw new InvalidArgumentError(
    "It must be US dollars, from 0 to 1000000000 and with at most 6 decimals, for example 0.25.",
  );
}

/** Formats micro-dollars as dollars, without zeros at the end: 1250000 is 1.25. */
export function dollarsText(micros: bigint): string {
  const digits = String(micros).padStart(MICRO_DIGITS + 1, "0");
  const fraction = digits.slice(-MICRO_DIGITS).replace(/0+$/, "");
  return digits.slice(0, -MICRO_DIGITS) + (fraction === "" ? "" : `.${fraction}`);
}
