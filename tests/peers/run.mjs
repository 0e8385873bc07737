// Runs every scenario of both peers against the service that ELECTRIC_URL names, each over the same rows.
//
//   npm ci && ELECTRIC_URL=http://localhost:3000 DATABASE_URL=postgres://… npm start
//
// DATABASE_URL is for a real Electric, and for `shapegen dev --postgres`; the rows of `lists` and `items` there are lost.

import { scenarios as client } from "./client.mjs"
import { scenarios as collection } from "./collection.mjs"
import { close, sql } from "./service.mjs"

const ROWS = `
INSERT INTO lists (id, name, shared) VALUES (1, 'kitchen', true), (2, 'shed', false);
INSERT INTO items (id, list_id, title, status, price, meta, tags) VALUES
    (1, 1, 'milk', 'open', 1.50, '{"a": [1, "é"]}', '{x,"y z"}'),
    (2, 1, 'it''s bread', 'done', NULL, NULL, '{}'),
    (3, 2, 'nails', 'open', NULL, NULL, '{}');
`

let [passed, failed] = [0, 0]
for (const [peer, scenarios] of Object.entries({ client, collection })) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await sql(`DELETE FROM items; DELETE FROM lists; ${ROWS}`)
      await scenario()
      passed += 1
      console.log(`ok: ${peer}, ${name}`)
    } catch (error) {
      failed += 1
      console.log(`FAILED: ${peer}, ${name}: ${error?.stack ?? error}`)
    }
  }
}
await close()
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
