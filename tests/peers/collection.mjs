// Scenarios of TanStack DB's Electric collection.

import { createCollection, createLiveQueryCollection, eq } from "@tanstack/db"
import { electricCollectionOptions } from "@tanstack/electric-db-collection"
import { same, sql, titles, until, url } from "./service.mjs"

/** A collection that is synced until the scenario ends. */
async function collection(params, options = {}, stream = {}) {
  const errors = []
  const shapeOptions = { url, params, ...stream, onError: (error) => void errors.push(error) }
  const synced = createCollection(electricCollectionOptions({ id: `items ${Math.random()}`, shapeOptions, getKey: (row) => row.id, ...options }))
  await synced.preload()
  return {
    synced,
    titles: () => synced.toArray.sort((left, right) => left.id - right.id).map((row) => row.title),
    stop: async () => {
      await synced.cleanup()
      if (errors.length > 0) throw errors[0]
    },
  }
}

export const scenarios = {
  "initial sync and live changes": async () => {
    const items = await collection({ table: "items" })
    same(items.titles(), ["milk", "it's bread", "nails"])
    await titles(items, ["milk", "it's bread", "nails"])
    await sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'hammer'); UPDATE items SET title = 'cream' WHERE id = 1; DELETE FROM items WHERE id = 3")
    await titles(items, ["cream", "it's bread", "hammer"])
    await items.stop()
  },

  truncate: async () => {
    const items = await collection({ table: "items" })
    await sql("TRUNCATE items")
    await titles(items, [])
    await sql("INSERT INTO items (id, list_id, title) VALUES (1, 1, 'again')")
    await titles(items, ["again"])
    await items.stop()
  },

  "where and columns": async () => {
    const condition = "list_id = 1"
    const items = await collection({ table: "items", columns: ["id", "title", "list_id"], where: "list_id = $1", params: { 1: "1" } })
    same(items.titles(), ["milk", "it's bread"])
    await titles(items, ["milk", "it's bread"], condition)
    await sql("UPDATE items SET list_id = 1 WHERE id = 3")
    await titles(items, ["milk", "it's bread", "nails"], condition)
    await items.stop()
  },

  "subquery moves": async () => {
    const condition = "list_id IN (SELECT id FROM lists WHERE shared)"
    const items = await collection({ table: "items", where: "list_id in (select id from lists where shared = true)" })
    same(items.titles(), ["milk", "it's bread"])
    await titles(items, ["milk", "it's bread"], condition)
    await sql("UPDATE lists SET shared = true WHERE id = 2")
    await titles(items, ["milk", "it's bread", "nails"], condition)
    await sql("UPDATE lists SET shared = false WHERE id = 1")
    await titles(items, ["nails"], condition)
    await sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'hammer'), (5, 1, 'hidden')")
    await titles(items, ["nails", "hammer"], condition)
    await sql("UPDATE items SET list_id = 2 WHERE id = 5; UPDATE items SET list_id = 1 WHERE id = 3")
    await titles(items, ["hammer", "hidden"], condition)
    await sql("INSERT INTO lists (id, name, shared) VALUES (3, 'attic', true); INSERT INTO items (id, list_id, title) VALUES (6, 3, 'trunk')")
    await titles(items, ["hammer", "hidden", "trunk"], condition)
    await items.stop()
  },

  "subqueries beside other conditions": async () => {
    const condition = "status = 'done' OR (list_id IN (SELECT id FROM lists WHERE shared) AND title LIKE '%i%')"
    const where = "status::text = $1 or (list_id in (select id from lists where shared = true) and title like $2)"
    const items = await collection({ table: "items", where, params: { 1: "done", 2: "%i%" } })
    same(items.titles(), ["milk", "it's bread"])
    await titles(items, ["milk", "it's bread"], condition)
    await sql("UPDATE lists SET shared = false WHERE id = 1; UPDATE lists SET shared = true WHERE id = 2")
    await titles(items, ["it's bread", "nails"], condition)
    await sql("UPDATE items SET status = 'open' WHERE id = 2; UPDATE items SET status = 'done' WHERE id = 1")
    await titles(items, ["milk", "nails"], condition)
    await sql("UPDATE lists SET shared = true")
    await titles(items, ["milk", "it's bread", "nails"], condition)
    await items.stop()
  },

  "server-sent events": async () => {
    const items = await collection({ table: "items" }, {}, { liveSse: true })
    for (let round = 0; round < 5; round += 1) {
      await sql(`UPDATE items SET title = 'milk ${round}' WHERE id = 1`)
      await titles(items, [`milk ${round}`, "it's bread", "nails"])
    }
    await sql("DELETE FROM items WHERE id > 1; INSERT INTO items (id, list_id, title) VALUES (7, 1, 'tea')")
    await titles(items, ["milk 4", "tea"])
    await items.stop()
  },

  "rows on demand": async () => {
    const items = await collection({ table: "items" }, { syncMode: "on-demand" })
    same(items.titles(), [])
    const query = (q) => q.from({ item: items.synced }).where(({ item }) => eq(item.list_id, 1))
    const kitchen = createLiveQueryCollection({ query, startSync: true })
    await kitchen.preload()
    const shown = () => kitchen.toArray.map((row) => row.title).sort()
    same(shown(), ["it's bread", "milk"])
    same(items.titles(), ["milk", "it's bread"])
    await sql("INSERT INTO items (id, list_id, title) VALUES (8, 1, 'salt'); UPDATE items SET title = 'oat milk' WHERE id = 1; DELETE FROM items WHERE id = 2")
    await until("the changes", () => JSON.stringify(shown()) === JSON.stringify(["oat milk", "salt"]), shown)
    await kitchen.cleanup()
    await items.stop()
  },
}
