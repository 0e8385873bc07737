// Scenarios of what the official clients do besides long polls: streams of events, and subsets by GET and by POST.

import { createCollection, createLiveQueryCollection, gt } from "@tanstack/db"
import { electricCollectionOptions } from "@tanstack/electric-db-collection"
import { Shape, ShapeStream } from "@electric-sql/client"
import { same, sql, until, url } from "./service.mjs"

/** A stream whose requests and errors are noted. */
function stream(options) {
  const stop = new AbortController()
  const [errors, asked] = [[], []]
  const fetchClient = async (input, init) => {
    const answer = await fetch(input, init)
    asked.push({ method: init?.method ?? "GET", query: new URL(input).searchParams, type: answer.headers.get("content-type"), status: answer.status })
    return answer
  }
  const onError = (error) => void errors.push(error)
  const opened = new ShapeStream({ url, signal: stop.signal, fetchClient, onError, ...options })
  return {
    opened,
    asked,
    stop: () => {
      stop.abort()
      if (errors.length > 0) throw errors[0]
    },
  }
}

/** Asks for parts of a shape whose log begins without rows, then follows it. */
async function subsets(method) {
  const { opened, asked, stop } = stream({ params: { table: "items", columns: ["id", "list_id", "title"] }, log: "changes_only", offset: "now", subsetMethod: method })
  const seen = new Map()
  opened.subscribe((batch) => {
    for (const { headers, key, value } of batch) {
      if (headers.operation === "delete") seen.delete(key)
      else if (headers.operation) seen.set(key, { ...seen.get(key), ...value })
    }
  })
  const titles = () => [...seen.values()].sort((left, right) => left.id - right.id).map((row) => row.title)
  const expect = (expected) => until(expected.join(", "), () => JSON.stringify(titles()) === JSON.stringify(expected), titles)
  const part = { where: `"list_id" = $1 and title <> $2`, params: { 1: "1", 2: "nails" }, orderBy: `"title" DESC, id NULLS FIRST` }

  const { data } = await opened.requestSnapshot({ ...part, limit: 1 })
  same(data.map(({ value }) => value.title), ["milk"])
  await expect(["milk"])
  const beside = await opened.fetchSnapshot({ ...part, limit: 5, offset: 1 })
  same(beside.data.map(({ value }) => value.title), ["it's bread"])
  await sql("UPDATE items SET title = 'cream' WHERE id = 1; INSERT INTO items (id, list_id, title) VALUES (4, 1, 'tea')")
  await expect(["cream", "tea"])
  await opened.requestSnapshot({ where: "id = 3" })
  await expect(["cream", "nails", "tea"])
  same(new Set(asked.map((request) => request.method)).has("POST"), method === "POST")
  stop()
}

export const scenarios = {
  events: async () => {
    const { opened, asked, stop } = stream({ params: { table: "items" }, liveSse: true })
    const synced = new Shape(opened)
    const titles = () => [...synced.currentRows].sort((left, right) => left.id - right.id).map((row) => row.title)
    const expect = (expected) => until(expected.join(", "), () => JSON.stringify(titles()) === JSON.stringify(expected), titles)
    await expect(["milk", "it's bread", "nails"])
    await sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'hammer'), (5, 2, 'saw')")
    await expect(["milk", "it's bread", "nails", "hammer", "saw"])
    await sql("UPDATE items SET title = 'cream' WHERE id = 1")
    await sql("DELETE FROM items WHERE id = 2")
    await expect(["cream", "nails", "hammer", "saw"])
    await sql("TRUNCATE items")
    await expect([])
    await sql("INSERT INTO items (id, list_id, title) VALUES (1, 1, 'again')")
    await expect(["again"])
    same(asked.filter(({ query, status }) => query.get("live_sse") && status === 200).every(({ type }) => type === "text/event-stream"), true)
    same(asked.some(({ type }) => type === "text/event-stream"), true)
    stop()
  },

  "subsets by GET": () => subsets("GET"),

  "subsets by POST": () => subsets("POST"),

  "a collection that loads what is asked for": async () => {
    const errors = []
    const shapeOptions = { url, params: { table: "items" }, onError: (error) => void errors.push(error) }
    const options = { id: `items ${Math.random()}`, shapeOptions, getKey: (row) => row.id, syncMode: "on-demand" }
    const items = createCollection(electricCollectionOptions(options))
    const query = createLiveQueryCollection((q) =>
      q
        .from({ item: items })
        .where(({ item }) => gt(item.id, 1))
        .orderBy(({ item }) => item.title, "desc")
        .limit(2),
    )
    await query.preload()
    const titles = () => query.toArray.map((row) => row.title)
    const expect = (expected) => until(expected.join(", "), () => JSON.stringify(titles()) === JSON.stringify(expected), titles)
    await expect(["nails", "it's bread"])
    await sql("INSERT INTO items (id, list_id, title) VALUES (4, 2, 'tea'); DELETE FROM items WHERE id = 3")
    await expect(["tea", "it's bread"])
    await query.cleanup()
    await items.cleanup()
    if (errors.length > 0) throw errors[0]
  },
}
