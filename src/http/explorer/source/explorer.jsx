// The explorer in its place: asks as who has signed in, with what the fields say, and keeps nothing.

import { GraphiQL } from "graphiql";
import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { menu } from "./operations.jsx";
import { named } from "./purpose.js";
import { Fault, address, ask, headers } from "./session.js";

/** In the place of localStorage, where the explorer would keep documents and variables: personal data among them. */
class Memory extends Map {
  getItem = (key) => this.get(key) ?? null;
  setItem = (key, value) => void this.set(key, value);
  removeItem = (key) => void this.delete(key);
  get length() {
    return this.size;
  }
}

/** The address of the socket. */
const socket = () => Object.assign(address("graphql"), { protocol: location.protocol.replace("http", "ws") }).href;

/** The events of a subscription; a socket that was closed tells why. */
function followed(client, question) {
  const events = client.iterate(question);
  const next = events.next.bind(events);
  const why = (fault) => (fault instanceof CloseEvent ? new Fault("CLOSED", `The connection was closed: ${fault.code} ${fault.reason}`) : fault);
  events.next = () => next().catch((fault) => Promise.reject(why(fault)));
  return events;
}

/** Shows it with a first tab; the answer takes it away again, with all that was asked. */
export function show(place, operations, kind, tab) {
  const client = createClient({ url: socket(), connectionParams: () => headers(named()) });
  const fetcher = async (question, { documentAST } = {}) => {
    const asked = documentAST && getOperationAST(documentAST, question.operationName);
    if (asked?.operation !== "subscription") return ask(question, named());
    // What would be wrong with them is told now: within the socket it would be a code of its end.
    await headers(named());
    return followed(client, question);
  };
  const plugin = menu(operations, kind);
  const root = createRoot(place);
  root.render(
    <GraphiQL
      fetcher={fetcher}
      storage={new Memory()}
      plugins={[plugin]}
      visiblePlugin={innerWidth > 900 ? plugin : undefined}
      defaultTabs={[tab]}
      initialVariables={tab.variables}
      defaultEditorToolsVisibility="variables"
      isHeadersEditorEnabled={false}
      forcedTheme="system"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>{" "}</GraphiQL.Logo>
    </GraphiQL>,
  );
  return () => {
    root.unmount();
    client.dispose();
    // Models of the editor outlive it, with their texts.
    globalThis.__MONACO?.editor.getModels().forEach((model) => model.dispose());
  };
}
