import type { SpendSettings } from "./contract.ts";

const MOST_LABELS = 4;
const MOST_DAYS = 3_650;
/** The form of a label's name in a job. */
const LABEL = /^[a-zA-Z][a-zA-Z0-9_.-]{0,62}$/;

const defaults: SpendSettings = { labels: [], keepDays: 400 };

/** The settings with their defaults. Throws RangeError if one breaks a rule of the contract. */
export function spendSettings(given: Partial<SpendSettings> = {}): SpendSettings {
  const settings = { ...defaults, ...given };
  const { labels, keepDays } = settings;
  if (labels.length > MOST_LABELS || new Set(labels).size !== labels.length) {
    throw new RangeError(`spend.labels must be at most ${MOST_LABELS} different labels: ${labels}`);
  }
  const wrong = labels.find((label) => !LABEL.test(label));
  if (wrong !== undefined) {
    throw new RangeError(`spend.labels must be names of labels, not ${JSON.stringify(wrong)}`);
  }
  if (!Number.isInteger(keepDays) || keepDays < 1 || keepDays > MOST_DAYS) {
    throw new RangeError(
      `spend.keepDays must be a whole number from 1 to ${MOST_DAYS}, not ${keepDays}`,
    );
  }
  return settings;
}
