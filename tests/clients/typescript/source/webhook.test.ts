import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mock, test } from "node:test";
import { verified } from "./webhook.js";

interface Vector {
  name: string;
  verifies: boolean;
  secret: string;
  now: number;
  headers: Record<string, string>;
  body: string;
}

const file = new URL("../../../../schema/webhook-vectors.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] };

for (const { name, verifies, secret, now, headers, body } of vectors) {
  test(name, () => {
    mock.timers.enable({ apis: ["Date"], now: now * 1000 });
    try {
      const ask = () => verified(secret, headers, Buffer.from(body));
      if (verifies) assert.deepEqual(ask(), JSON.parse(body));
      else assert.throws(ask);
    } finally {
      mock.timers.reset();
    }
  });
}
