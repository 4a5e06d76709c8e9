import type { TextItem } from "pdfjs-dist/types/src/display/api.js";
import { areMostlyToTheLeft } from "./direction.ts";

/** What the library tells of an annotation, as far as it is read here. */
interface Annotation {
  readonly subtype?: string;
  /** Left, bottom, right and top, in points. */
  readonly rect?: readonly number[] | null;
  readonly annotationFlags?: number;
  readonly contentsObj?: { readonly str: string };
  /** The lines of its appearance. */
  readonly textContent?: readonly string[] | null;
  readonly fieldType?: string;
  readonly fieldValue?: string | readonly string[] | null;
  readonly options?: readonly { readonly exportValue: string; readonly displayValue: string }[];
  readonly checkBox?: boolean;
  readonly exportValue?: string;
  readonly radioButton?: boolean;
  readonly buttonValue?: string | null;
  readonly password?: boolean;
  readonly defaultAppearanceData?: { readonly fontSize: number };
}

/** The flags of annotations that a reader does not show: hidden, and not viewed. */
const unseen = 2 | 32;
/** The text of a field has this size if the field does not say, or if it fits. */
const usualSize = 12;
/** The width of a character, and the distance of lines, in parts of the size. */
const characterWidth = 0.5;
const lineHeight = 1.15;

/** The lines of a form field's value. Some programs keep it only in the field's appearance. */
function fieldLines(field: Annotation): readonly string[] {
  const { fieldType, fieldValue, options = [] } = field;
  if (field.password) return [];
  if (fieldType !== "Btn" && (fieldValue ?? "").length === 0) return field.textContent ?? [];
  if (fieldValue === null || fieldValue === undefined) return [];
  if (fieldType === "Btn") {
    const isChecked =
      (field.checkBox === true && fieldValue === field.exportValue) ||
      (field.radioButton === true && fieldValue === field.buttonValue);
    return isChecked && fieldValue !== "Off" ? ["[x]"] : [];
  }
  const values = typeof fieldValue === "string" ? [fieldValue] : fieldValue;
  if (fieldType === "Tx") return values.flatMap((value) => value.split(/\r\n?|\n/));
  if (fieldType !== "Ch") return [];
  return values.map(
    (value) => options.find(({ exportValue }) => exportValue === value)?.displayValue ?? value,
  );
}

function linesOf(annotation: Annotation): readonly string[] {
  if (annotation.subtype === "Widget") return fieldLines(annotation);
  if (annotation.subtype !== "FreeText") return [];
  const drawn = annotation.textContent ?? [];
  return drawn.length > 0 ? drawn : (annotation.contentsObj?.str ?? "").split(/\r\n?|\n/);
}

/**
 * Returns what was typed into the form fields and text boxes of a page as pieces of text where they stand, so that a
 * value is read after its label.
 */
export function annotationItems(annotations: readonly Annotation[]): TextItem[] {
  return annotations.flatMap((annotation) => {
    if (((annotation.annotationFlags ?? 0) & unseen) !== 0) return [];
    const all = linesOf(annotation);
    const [left = 0, bottom = 0, right = 0, top = 0] = annotation.rect ?? [];
    const height = top - bottom;
    const fits = height > 0 ? height / Math.max(1, all.length) / lineHeight : usualSize;
    const size = annotation.defaultAppearanceData?.fontSize || Math.min(usualSize, fits);
    // Lines beyond the field would stand among the text below it.
    const lines = all.length > 1 && size > fits * 1.2 ? [all.join(" ")] : all;
    // One line stands in the middle of its field, several begin at the top.
    const first =
      lines.length > 1 ? top - size : bottom + Math.max(0, height - size) / 2 + size / 5;
    return lines.map((str, index) => ({
      str,
      dir: areMostlyToTheLeft([str]) ? "rtl" : "ltr",
      transform: [size, 0, 0, size, left, first - index * size * lineHeight],
      width: Math.min(str.length * size * characterWidth, Math.max(right - left, size)),
      height: size,
      fontName: "",
      hasEOL: false,
    }));
  });
}
