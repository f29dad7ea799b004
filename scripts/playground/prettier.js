// Stands in for prettier/standalone and its Babel and ESTree plugins: GraphiQL formats the variables, which are JSON,
// with 545 kB of JavaScript parser. jsonc-parser, which GraphiQL also holds, formats them as well and keeps comments.
import { applyEdits, format as formatJson, parse } from "jsonc-parser";
import { format as formatWithPrettier } from "prettier/standalone";

export const parsers = {};
export const printers = {};

export async function format(text, options) {
  if (options.parser !== "jsonc") return formatWithPrettier(text, options);
  const errors = [];
  parse(text, errors, { allowEmptyContent: true, allowTrailingComma: true });
  if (errors.length) throw new SyntaxError("The variables are no valid JSON.");
  return applyEdits(text, formatJson(text, undefined, { insertSpaces: true, tabSize: 2 }));
}
