// Types of the schema and of every ready operation, into source/generated.ts: npm run generate
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const schema = new URL("../../../schema/", import.meta.url);
const read = (file) => parse(readFileSync(new URL(file, schema), "utf8"));
const files = readdirSync(new URL("operations/partner/", schema)).sort().map((name) => `operations/partner/${name}`);
const text = await codegen({
  filename: "generated.ts",
  schema: read("schema.graphql"),
  documents: files.map((file) => ({ location: file, document: read(file) })),
  pluginMap: { operations, documents },
  plugins: [
    // Dates, money and codes are texts. New words of an enum may come: each has one that stands for them.
    { operations: { enumType: "string-literal", futureProofEnums: true, defaultScalarType: "string", useTypeImports: true } },
    { documents: { documentMode: "string", useTypeImports: true } },
  ],
  config: {},
});
writeFileSync(new URL("source/generated.ts", import.meta.url), text);
console.log(`${files.length} operations`);
