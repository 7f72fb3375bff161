// The shown table as a file for a spreadsheet.

/** Quoted; what a spreadsheet would take for a formula becomes plain text, for names come from strangers. */
function field(value, separator) {
  const text = String(value ?? "");
  const tame = /^[=+\-@\t\r]/.test(text) && !/^-?\d+([.,]\d+)?$/.test(text) ? `'${text}` : text;
  return tame.includes(separator) || /["\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}

/** Rows of values; the separator is the one that spreadsheets of that language expect. */
export function csv(rows, language) {
  const separator = language === "uk" ? ";" : ",";
  // The mark of UTF-8, without which some spreadsheets read Cyrillic wrongly.
  return `\uFEFF${rows.map((row) => row.map((value) => field(value, separator)).join(separator)).join("\r\n")}\r\n`;
}

/** Gives the browser a file to keep. */
export function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
