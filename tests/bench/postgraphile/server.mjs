// PostGraphile 5 as its documentation sets it up: the same login, the same row-level security. It takes the organisation's word for who it
// is: no token is checked, nothing is limited, opened or written down.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [host, port] = process.env.LISTEN.split(":");
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({
    poolConfig: { host: process.env.PGHOST, user: "mistok_app", database: process.env.PGDATABASE, max: 16 },
    schemas: ["public", "bench"],
    pubsub: false,
  })],
  grafserv: { graphiql: false, watch: false, maxRequestLength: 1 << 20 },
  grafast: {
    explain: false,
    context: ({ node }) => ({
      pgSettings: {
        "mistok.org_id": node.req.headers["x-organization"],
        "mistok.kind": node.req.headers["x-kind"],
        "mistok.now": new Date().toISOString(),
      },
    }),
  },
};
const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(port), host);
