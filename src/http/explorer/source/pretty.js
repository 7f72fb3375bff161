// What makes documents pretty: prettier for GraphQL, which keeps comments; for JSON what the editor has anyway, in the place of all
// that prettier knows of JavaScript.

import { applyEdits, format as edits } from "jsonc-parser";
import { format as prettier } from "prettier/standalone";

export const format = (text, options) =>
  options.parser === "graphql" ? prettier(text, options) : applyEdits(text, edits(text, undefined, { tabSize: 2, insertSpaces: true }));
