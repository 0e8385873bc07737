// Scenarios of the official client.

import { Shape, ShapeStream } from "@electric-sql/client"
import { listed, same, sql, titles, until, url } from "./service.mjs"

/** A shape that is synced until the scenario ends. */
async function shape(params, options = {}) {
  const stop = new AbortController()
  const errors = []
  const stream = new ShapeStream({ url, params, signal: stop.signal, onError: (error) => void errors.push(error), ...options })
  const synced = new Shape(stream)
  await synced.rows
  return {
    stream,
    synced,
    rows: () => [...synced.currentRows],
    titles: () => [...synced.currentRows].sort((left, right) => left.id - right.id).map((row) => row.title),
    stop: () => {
      stop.abort()
      if (errors.length > 0) throw errors[0]
    },
  }
}

export const scenarios = {
  "initial sync": async () => {
    const items = await shape({ table: "items" })
    same(listed(items.rows()), [
      '{"changed_at":null,"id":1,"list_id":1,"meta":{"a":[1,"é"]},"price":"1.50","status":"open","tags":["x","y z"],"title":"milk"}',
      '{"changed_at":null,"id":2,"list_id":1,"meta":null,"price":null,"status":"done","tags":[],"title":"it\'s bread"}',
      '{"changed_at":null,"id":3,"list_id":2,"meta":null,"price":null,"status":"open","tags":[],"title":"nails"}',
    ])
    items.stop()
  },

  "live insert, update and delete": async () => {
    const items = await shape({ table: "items" })
    await sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'hammer')")
    await titles(items, ["milk", "it's bread", "nails", "hammer"])
    await sql("UPDATE items SET title = 'oat milk', status = 'done' WHERE id = 1")
    await titles(items, ["oat milk", "it's bread", "nails", "hammer"])
    same(items.rows().find((row) => row.id === 1).price, "1.50")
    await sql("DELETE FROM items WHERE id = 2")
    await titles(items, ["oat milk", "nails", "hammer"])
    items.stop()
  },

  "a changed key": async () => {
    const items = await shape({ table: "items" })
    await sql("UPDATE items SET id = 9 WHERE id = 3")
    await titles(items, ["milk", "it's bread", "nails"])
    await until("the new key", () => items.rows().some((row) => row.id === 9), items.titles)
    items.stop()
  },

  reconnect: async () => {
    const first = await shape({ table: "items" })
    const { lastOffset: offset, shapeHandle: handle } = first.stream
    first.stop()
    await sql("INSERT INTO items (id, list_id, title) VALUES (5, 1, 'while away')")
    const messages = []
    const stop = new AbortController()
    const stream = new ShapeStream({ url, params: { table: "items" }, offset, handle, signal: stop.signal })
    stream.subscribe((batch) => messages.push(...batch))
    const inserts = () => messages.filter((message) => message.headers.operation)
    await until("the row that came meanwhile", () => inserts().length > 0, () => messages)
    same(inserts().map((message) => [message.headers.operation, message.value.title]), [["insert", "while away"]])
    stop.abort()
  },

  truncate: async () => {
    const items = await shape({ table: "items" })
    await sql("TRUNCATE items")
    await titles(items, [])
    await sql("INSERT INTO items (id, list_id, title) VALUES (1, 1, 'again')")
    await titles(items, ["again"])
    items.stop()
  },

  columns: async () => {
    const items = await shape({ table: "items", columns: ["id", "title"] })
    same(Object.keys(items.rows()[0]).sort(), ["id", "title"])
    await sql("UPDATE items SET price = 7 WHERE id = 1")
    await sql("UPDATE items SET title = 'cream' WHERE id = 1")
    await titles(items, ["cream", "it's bread", "nails"])
    items.stop()
  },

  "where with parameters": async () => {
    const condition = "list_id = 1 AND status = 'open'"
    const items = await shape({ table: "items", where: "list_id = $1 and status::text = $2", params: { 1: "1", 2: "open" } })
    same(items.titles(), ["milk"])
    await titles(items, ["milk"], condition)
    await sql("UPDATE items SET status = 'open' WHERE id = 2")
    await titles(items, ["milk", "it's bread"], condition)
    await sql("UPDATE items SET list_id = 2 WHERE id = 1")
    await titles(items, ["it's bread"], condition)
    items.stop()
  },

  "full rows": async () => {
    const messages = []
    const stop = new AbortController()
    const stream = new ShapeStream({ url, params: { table: "items", replica: "full" }, signal: stop.signal })
    stream.subscribe((batch) => messages.push(...batch))
    await until("the rows", () => stream.isUpToDate, () => messages)
    await sql("UPDATE items SET title = 'cream' WHERE id = 1")
    const update = () => messages.find((message) => message.headers.operation === "update")
    await until("the update", update, () => messages)
    same([update().value.price, update().value.title, update().old_value.title], ["1.50", "cream", "milk"])
    stop.abort()
  },

  "many rows in one transaction": async () => {
    const items = await shape({ table: "items" })
    const rows = Array.from({ length: 2_000 }, (_, at) => `(${100 + at}, 1, 'row ${at}')`)
    await sql(`INSERT INTO items (id, list_id, title) VALUES ${rows.join(", ")}`)
    await until("2,003 rows", () => items.rows().length === 2_003, () => items.rows().length)
    await sql("DELETE FROM items WHERE id >= 100")
    await until("3 rows", () => items.rows().length === 3, () => items.rows().length)
    items.stop()
  },

  "subquery moves": async () => {
    const messages = []
    const stop = new AbortController()
    const params = { table: "items", columns: ["id", "list_id"], where: "list_id in (select id from lists where shared = true)" }
    const stream = new ShapeStream({ url, params, signal: stop.signal })
    stream.subscribe((batch) => messages.push(...batch))
    const told = () => messages.filter(({ headers }) => headers.operation || headers.event).map(({ headers, value }) => headers.event ?? `${headers.operation} ${value.id}`)
    await until("two rows", () => told().length === 2, told)
    await sql("UPDATE lists SET shared = false WHERE id = 1; UPDATE lists SET shared = true WHERE id = 2")
    await until("the moves", () => told().length === 5, told)
    same(told().slice(2), ["move-in", "insert 3", "move-out"])
    const [moved] = messages.filter(({ headers }) => headers.is_move_in)
    const [entered, left] = messages.filter(({ headers }) => headers.event).map(({ headers }) => headers.patterns)
    same([entered.map(({ value }) => value), moved.headers.active_conditions], [moved.headers.tags, [true]])
    same(left.map(({ value }) => value), messages[0].headers.tags)
    stop.abort()
  },

  "server-sent events": async () => {
    const types = []
    const fetchClient = async (...request) => {
      const answer = await fetch(...request)
      types.push(answer.headers.get("content-type"))
      return answer
    }
    const items = await shape({ table: "items" }, { liveSse: true, fetchClient })
    await until("a stream", () => types.includes("text/event-stream"), () => types)
    for (let round = 0; round < 5; round += 1) {
      await sql(`INSERT INTO items (id, list_id, title) VALUES (${10 + round}, 1, 'round ${round}'); UPDATE items SET title = 'milk ${round}' WHERE id = 1`)
      await until(`round ${round}`, () => items.titles().includes(`milk ${round}`) && items.titles().includes(`round ${round}`), items.titles)
    }
    await sql("DELETE FROM items WHERE id >= 10")
    await titles(items, ["milk 4", "it's bread", "nails"])
    same(types.filter((type) => type === "text/event-stream").length, 1)
    await sql("TRUNCATE items")
    await titles(items, [])
    items.stop()
  },

  "subsets of a shape of changes": async () => {
    for (const subsetMethod of ["GET", "POST"]) {
      const messages = []
      const stop = new AbortController()
      const stream = new ShapeStream({ url, params: { table: "items" }, log: "changes_only", offset: "now", subsetMethod, signal: stop.signal })
      stream.subscribe((batch) => messages.push(...batch))
      await until("the head", () => stream.isUpToDate, () => messages)
      const told = () => messages.filter(({ headers }) => headers.operation).map(({ headers, value }) => `${headers.operation} ${value.id}`)
      await stream.requestSnapshot({ where: "list_id = $1", params: { 1: "1" }, orderBy: "id desc", limit: 1 })
      same(told(), ["insert 2"])
      await stream.requestSnapshot({ orderBy: "list_id asc, id desc", limit: 2, offset: 1 })
      await until("the second subset", () => told().length === 3, told)
      same(told(), ["insert 2", "insert 1", "insert 3"])
      await sql(`UPDATE items SET title = 'cream ${subsetMethod}' WHERE id = 1`)
      await until("the update", () => told().length === 4, told)
      same(told()[3], "update 1")
      const { data } = await stream.fetchSnapshot({ where: "title like $1", params: { 1: "%m%" }, orderBy: "id" })
      same(data.map(({ value }) => value.title), [`cream ${subsetMethod}`])
      stop.abort()
    }
  },
}
