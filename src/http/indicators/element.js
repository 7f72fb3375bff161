// Making nodes of the document: texts are texts, never markup.

/** `element("td", { class: "x" }, "text", node)`; a property that is null, undefined or false is left out. */
export function element(name, properties = {}, ...inside) {
  const node = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (property.startsWith("on")) node.addEventListener(property.slice(2), value);
    else node.setAttribute(property, value === true ? "" : value);
  }
  node.append(...inside.filter((one) => one !== null && one !== undefined && one !== false));
  return node;
}

/** The node of this id, which is there. */
export const by = (id) => document.getElementById(id);

/**
 * The choices of a select; what was chosen stays chosen where it still can be. Answers what is chosen now. Choices that are there
 * already are left alone: somebody may stand on them.
 */
export function choices(select, options, wanted) {
  const same = select.options.length === options.length && options.every(({ value, text }, place) =>
    select.options[place].value === String(value) && select.options[place].text === String(text));
  if (!same) select.replaceChildren(...options.map(({ value, text, language }) => element("option", { value, lang: language }, text)));
  const values = options.map(({ value }) => String(value));
  select.value = values.includes(String(wanted)) ? String(wanted) : (values[0] ?? "");
  return select.value;
}
