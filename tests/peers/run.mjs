// Runs every scenario of both peers against the service that ELECTRIC_URL names, each over the same rows.
//
//   npm ci && ELECTRIC_URL=http://localhost:3000 DATABASE_URL=postgres://… npm start
//
// DATABASE_URL is for a real Electric, and for `shapegen dev --postgres`; the rows of `lists`, `items` and `rounds` there are lost.

import { Shape, ShapeStream } from "@electric-sql/client"
import { scenarios as client } from "./client.mjs"
import { scenarios as collection } from "./collection.mjs"
import { close, sql, until, url } from "./service.mjs"

const ROWS = `
INSERT INTO lists (id, name, shared) VALUES (1, 'kitchen', true), (2, 'shed', false);
INSERT INTO items (id, list_id, title, status, price, meta, tags) VALUES
    (1, 1, 'milk', 'open', 1.50, '{"a": [1, "é"]}', '{x,"y z"}'),
    (2, 1, 'it''s bread', 'done', NULL, NULL, '{}'),
    (3, 2, 'nails', 'open', NULL, NULL, '{}');
`

const stop = new AbortController()
await sql("DELETE FROM rounds")
const rounds = new Shape(new ShapeStream({ url, params: { table: "rounds" }, signal: stop.signal }))

let [passed, failed] = [0, 0]
for (const [peer, scenarios] of Object.entries({ client, collection })) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      const round = passed + failed + 1
      await sql(`DELETE FROM items; DELETE FROM lists; ${ROWS} INSERT INTO rounds VALUES (${round})`)
      await until(`round ${round}`, () => rounds.currentRows.some(({ id }) => id === round), () => rounds.currentRows)
      await scenario()
      passed += 1
      console.log(`ok: ${peer}, ${name}`)
    } catch (error) {
      failed += 1
      console.log(`FAILED: ${peer}, ${name}: ${error?.stack ?? error}`)
    }
  }
}
stop.abort()
await close()
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
