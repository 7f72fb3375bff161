// The menu of ready operations (операції): those of schema/operations, as the server tells them.

import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useState, useSyncExternalStore } from "react";
import { hint } from "./purpose.js";
import { say, useLanguage } from "./words.js";

/** The kind of user whose operations stand open: most come from partners. */
let kind = "partner";
const panels = new Set();

/** Opens the menu at what another kind of user asks. */
export function openAt(other) {
  kind = other;
  for (const draw of panels) draw();
}

const listen = (draw) => {
  panels.add(draw);
  return () => panels.delete(draw);
};

const about = (text) => /^#\s*(.*)$/m.exec(text)?.[1] ?? "";
const typeOf = (text) => /^(query|mutation|subscription)\b/m.exec(text)?.[1] ?? "query";
const written = (variables) => (Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "");

/** The first tab: what the address names (`#partner/cases`), or: who am I? */
export const first = (all, hash) => {
  const at = (wanted) => all.flatMap(({ kind, operations }) => operations.filter(({ name }) => `#${kind}/${name}` === wanted))[0];
  const { text, variables, purpose } = at(hash) ?? at("#partner/viewer");
  return { query: text, variables: written(variables ?? {}), purpose };
};

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
      <path d="M4 6h2M10 6h10M4 12h2M10 12h10M4 18h2M10 18h10" />
    </svg>
  );
}

function Operation({ operation: { name, text, purpose, variables } }) {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(pick("queryEditor", "variableEditor"));
  const open = () => {
    // What stands there already is somebody's work.
    if (queryEditor.getValue().trim()) addTab();
    queryEditor.setValue(text);
    variableEditor.setValue(written(variables));
    hint(purpose);
    document.getElementById("status").textContent = say("operations.opened", { name });
  };
  const type = typeOf(text);
  return (
    <li>
      <button type="button" onClick={open}>
        <span className="name">{name}</span>
        {type !== "query" && <span className="type">{type}</span>}
        <span className="about" lang="en">{about(text)}</span>
      </button>
    </li>
  );
}

function Panel({ all }) {
  const language = useLanguage();
  const opened = useSyncExternalStore(listen, () => kind);
  const [wanted, setWanted] = useState("");
  const word = wanted.trim().toLowerCase();
  const found = all
    .map((group) => ({ ...group, operations: group.operations.filter(({ text, name }) => `${name}\n${text}`.toLowerCase().includes(word)) }))
    .filter(({ operations }) => operations.length);
  const kinds = [...new Set(found.map((group) => group.kind))];
  return (
    <section className="operations" lang={language} aria-label={say("operations")}>
      <h2 className="graphiql-doc-explorer-title">{say("operations")}</h2>
      <label className="unseen" htmlFor="find">{say("operations.find")}</label>
      <input id="find" type="search" placeholder={say("operations.find")} value={wanted} onChange={(event) => setWanted(event.target.value)} />
      <p className="note">{say(found.length ? "operations.note" : "operations.none")}</p>
      {kinds.map((one) => (
        <details key={`${one} ${Boolean(word)}`} open={Boolean(word) || one === opened}>
          <summary>{say(one)}</summary>
          {found.filter((group) => group.kind === one).map((group) => (
            <section key={group.name}>
              <h3>{say(`${one}.${group.name}`)}</h3>
              <ul>{group.operations.map((operation) => <Operation key={operation.name} operation={operation} />)}</ul>
            </section>
          ))}
        </details>
      ))}
    </section>
  );
}

/** The menu as the explorer wants it, of groups `{ kind, name, operations: [{ name, text, purpose, variables }] }`. */
export const menu = (all) => ({
  get title() {
    return say("operations");
  },
  icon: Icon,
  content: () => <Panel all={all} />,
});
