// The official client from the same server: `node first_sync.mjs URL TURNS` prints milliseconds and rows, a line each turn.

import { createRequire } from "node:module"

const { Shape, ShapeStream } = createRequire(new URL("../../tests/peers/package.json", import.meta.url))("@electric-sql/client")
const [url, turns] = process.argv.slice(2)

// Each turn is another shape: of one that it knows, the client holds the first up-to-date back.
for (let turn = 0; turn < Number(turns); turn++) {
  const stop = new AbortController()
  const start = performance.now()
  const stream = new ShapeStream({ url, params: { table: "bench", where: `${turn} = ${turn}` }, signal: stop.signal, onError: () => {} })
  const rows = await new Shape(stream).rows
  console.log(`${performance.now() - start} ${rows.length}`)
  stop.abort()
}
process.exit(0)
