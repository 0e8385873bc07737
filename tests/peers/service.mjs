// The service under test: where its shapes are, and how rows are written behind it.
//
// ELECTRIC_URL names it. Rows are written by SQL in DATABASE_URL where that is set, else by the service's /dev/sql.

import { readFile } from "node:fs/promises"
import pg from "pg"

export const url = `${process.env.ELECTRIC_URL}/v1/shape`

const database = process.env.DATABASE_URL ? new pg.Client(process.env.DATABASE_URL) : undefined
await database?.connect()
if (database && (await database.query("SELECT to_regclass('items') IS NULL AS missing")).rows[0].missing) {
  await database.query(await readFile(new URL("schema.sql", import.meta.url), "utf8"))
}

/** Runs a text of SQL as one transaction. */
export async function sql(text) {
  if (database) {
    await database.query("BEGIN")
    await database.query(text)
    await database.query("COMMIT")
    return
  }
  const answer = await fetch(`${process.env.ELECTRIC_URL}/dev/sql`, { method: "POST", body: text })
  if (!answer.ok) throw new Error(`${text}: ${await answer.text()}`)
}

export async function close() {
  await database?.end()
}

/** Waits until `reached` is true of what a peer shows; says what it shows when that never comes. */
export async function until(what, reached, shown) {
  const deadline = Date.now() + 10_000
  while (!reached()) {
    if (Date.now() > deadline) throw new Error(`never came: ${what}; there is ${JSON.stringify(shown())}`)
    await new Promise((resume) => setTimeout(resume, 5))
  }
}

/** The rows as texts that can be compared, in the key's order. */
export function listed(rows) {
  const text = (row) => JSON.stringify(Object.fromEntries(Object.entries(row).sort()), (_, value) => (typeof value === "bigint" ? `${value}n` : value))
  return [...rows].sort((left, right) => Number(left.id) - Number(right.id)).map(text)
}

/** Demands that two lists are the same. */
export function same(found, expected) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  if (left !== right) throw new Error(`${left} is not ${right}`)
}

/** Waits until a peer shows these titles in the key's order, and demands that SQL says the same of the items. */
export async function titles(peer, expected, condition = "true") {
  await until(expected.join(", "), () => JSON.stringify(peer.titles()) === JSON.stringify(expected), peer.titles)
  if (!database) return
  const { rows } = await database.query(`SELECT title FROM items WHERE ${condition} ORDER BY id`)
  same(rows.map(({ title }) => title), expected)
}
