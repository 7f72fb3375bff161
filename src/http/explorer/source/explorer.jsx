// The explorer in its place: asks as who has signed in, with what the fields say, and keeps nothing.

import { GraphiQL } from "graphiql";
import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";
import { menu } from "./operations.jsx";
import { named } from "./purpose.js";
import { Fault, address, ask, headers, isSignedIn } from "./session.js";
import { say } from "./words.js";

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

/**
 * The operation that is asked for, in the document as it is now: the explorer reads it a moment after it was changed, and whoever is
 * quicker would ask for an operation that is there no more. None in a document that is none: the API says what is wrong with it.
 */
function operationOf({ query, operationName }) {
  try {
    const document = parse(query, { noLocation: true });
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}

/** The events of a subscription; a socket that was closed tells why. */
function followed(client, question) {
  const events = client.iterate(question);
  const next = events.next.bind(events);
  const why = (fault) => (fault instanceof CloseEvent ? new Fault("CLOSED", `The connection was closed: ${fault.code} ${fault.reason}`) : fault);
  events.next = () => next().catch((fault) => Promise.reject(why(fault)));
  return events;
}

/**
 * Shows it with a first tab; the answer's `hide` takes it away again with all that was asked and answered, and its `isTouched` tells
 * whether there is something of the reader's. `refused` is called where a question wants somebody who has signed in.
 */
export function show(place, { operations, schema, tab, refused }) {
  const client = createClient({ url: socket(), connectionParams: () => headers(named()) });
  const fetcher = async (shown) => {
    const operation = operationOf(shown);
    const question = { ...shown, operationName: operation?.name?.value };
    if (operation?.operation !== "subscription") {
      const answer = await ask(question, named());
      if (!isSignedIn() && answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED")) refused();
      return answer;
    }
    if (!isSignedIn()) {
      refused();
      throw new Fault("UNAUTHENTICATED", say("signIn.wanted"));
    }
    // What would be wrong with them is told now: within the socket it would be a code of its end.
    await headers(named());
    return followed(client, question);
  };
  let isTouched = false;
  const touch = () => void (isTouched = true);
  const plugin = menu(operations);
  const root = createRoot(place);
  root.render(
    <GraphiQL
      fetcher={fetcher}
      schema={schema}
      storage={new Memory()}
      plugins={[plugin]}
      visiblePlugin={innerWidth > 900 ? plugin : undefined}
      defaultTabs={[tab]}
      initialVariables={tab.variables}
      defaultEditorToolsVisibility="variables"
      isHeadersEditorEnabled={false}
      forcedTheme="system"
      onEditQuery={touch}
      onEditVariables={touch}
    >
      <GraphiQL.Logo>{" "}</GraphiQL.Logo>
    </GraphiQL>,
  );
  const hide = () => {
    root.unmount();
    client.dispose();
    // Models of the editor outlive it, with their texts.
    globalThis.__MONACO?.editor.getModels().forEach((model) => model.dispose());
  };
  return { hide, isTouched: () => isTouched };
}
