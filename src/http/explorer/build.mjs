// Makes built/ from source/: `npm ci --ignore-scripts && npm run build`. The same sources give the same bytes on any machine.
// Each file is kept compressed, as it is served. built/SHA256SUMS tells what was made from what, and a test holds it against both.

import * as esbuild from "esbuild";
import { gzipSync } from "fflate";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const here = import.meta.dirname;
const BUILT = "built";
/** Licences that ask for their text and names to be kept, and for nothing else. */
const LICENCES = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "ISC", "MIT", "Python-2.0"];

/** What is wrong in packages, and what stands in its place. */
const MENDED = {
  // A tab in which a button closes it is no tab to a screen reader: they are two buttons, of a list.
  "@graphiql/react/dist/components/tabs/index.js": [
    ['"aria-selected": isActive,', ""],
    ['role: "tab",', ""],
    ['role: "tablist",', ""],
  ],
  "graphiql/dist/GraphiQL.js": [
    ["title: tab.title, onClick", 'title: tab.title, "aria-current": index_1 === activeTabIndex, onClick'],
    ['role: "tabpanel"', 'role: "group"'],
  ],
  // The page's accent in the place of pink; comments, numbers and the last line's number that can be read.
  "@graphiql/react/dist/constants.js": [
    ["#d60590", "#1d5fa8"],
    ["#ff5794", "#8ec0f7"],
    ['foreground: "#908aff"', 'foreground: "#a5a0ff" }, { token: "comment", foreground: "#8fbf73"'],
    ['"editor.background": colors.transparent,', '"editorLineNumber.dimmedForeground": theme === "dark" ? "#9aa5b1" : "#4b5765", "editor.background": "#ffffff00",'],
    ['foreground: "#6c69ce"', 'foreground: "#5a57c4" }, { token: "number", foreground: "#066b47"'],
  ],
};

/** Mends packages; one that changed is looked at again. */
const mended = {
  name: "mended",
  setup(build) {
    for (const [file, changes] of Object.entries(MENDED)) {
      build.onLoad({ filter: new RegExp(`node_modules/${file.replaceAll(".", "\\.")}$`) }, ({ path: name }) => {
        const mend = (text, [wrong, right]) => {
          if (!text.includes(wrong)) throw new Error(`${file} has no more ${wrong}`);
          return text.replaceAll(wrong, right);
        };
        return { contents: changes.reduce(mend, readFileSync(name, "utf8")) };
      });
    }
  },
};

/** Leaves out what is never used. */
const lean = {
  name: "lean",
  setup(build) {
    const inWorker = build.initialOptions.format === "iife";
    const own = (file) => ({ contents: readFileSync(path.join(here, "source", file), "utf8"), resolveDir: path.join(here, "source") });
    build.onLoad({ filter: /monaco-graphql\/esm\/monaco-editor\.js$/ }, () => own("editor.js"));
    // Workers are never asked to make a document pretty.
    build.onResolve({ filter: /^prettier\// }, ({ path: name, importer }) => {
      if (inWorker || /estree|babel/.test(name)) return { path: name, namespace: "nothing" };
      const isOurs = importer.endsWith("pretty.js");
      if (name === "prettier/standalone") return { path: path.join(here, isOurs ? "node_modules/prettier/standalone.mjs" : "source/pretty.js") };
      return { path: path.join(here, "node_modules/prettier/plugins/graphql.mjs") };
    });
    build.onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "export const printers = {}, parsers = {}, format = null;" }));
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  outdir: BUILT,
  target: ["chrome111", "firefox115", "safari16.4"],
  // They stand in licences.txt, all of them.
  legalComments: "none",
  assetNames: "[name]",
  loader: { ".ttf": "file" },
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [lean, mended],
};
const page = { ...common, entryPoints: { explorer: "source/page.js" }, format: "esm" };
const workers = {
  ...common,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  format: "iife",
};

/** The texts of the licences of every package of which something is in the bundle. */
function licences(inputs) {
  const folders = new Set(inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]).filter(Boolean));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(here, folder, "package.json"), "utf8"));
    if (!LICENCES.includes(license)) throw new Error(`${name} is under ${license}`);
    const files = readdirSync(path.join(here, folder)).filter((file) => /^(licen[cs]e|copying|notice|third.?party)/i.test(file)).sort();
    const told = files.map((file) => readFileSync(path.join(here, folder, file), "utf8").replaceAll("\r\n", "\n").trim());
    return [`${name} ${version}: ${license}`, ...told].join("\n\n");
  });
  return `What is in this page besides its own sources, and on which terms.\n\n${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

const results = await Promise.all([page, workers].map((options) => esbuild.build(options)));
const files = results.flatMap(({ outputFiles }) => outputFiles).map((file) => [path.basename(file.path), file.contents]);
const inputs = results.flatMap(({ metafile }) => Object.entries(metafile.outputs)).flatMap(([, output]) => Object.entries(output.inputs));
const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([input]) => input);
files.push(["licences.txt", new TextEncoder().encode(licences(used))]);

rmSync(path.join(here, BUILT), { recursive: true, force: true });
mkdirSync(path.join(here, BUILT));
for (const [name, bytes] of files) {
  const packed = gzipSync(bytes, { level: 9, mtime: 0 });
  writeFileSync(path.join(here, BUILT, `${name}.gz`), packed);
  console.log(`${name}: ${bytes.length}, compressed ${packed.length}`);
}

const under = (folder) => readdirSync(path.join(here, folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => path.relative(here, path.join(entry.parentPath, entry.name)));
const told = ["build.mjs", "package-lock.json", "package.json", ...under("source"), ...under(BUILT)].sort();
const sum = (file) => createHash("sha256").update(readFileSync(path.join(here, file))).digest("hex");
writeFileSync(path.join(here, BUILT, "SHA256SUMS"), told.map((file) => `${sum(file)}  ${file}\n`).join(""));
