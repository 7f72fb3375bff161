// Where the editor finds its helpers: they lie beside this script.

const NAMES = { graphql: "graphql.worker.js", json: "json.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(new URL(NAMES[label] ?? "editor.worker.js", import.meta.url), { name: label }),
};
