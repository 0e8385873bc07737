//! A project as large as one wants: a schema as pg_dump writes it, and a manifest with a shape of every table.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const TYPES: [&str; 8] = [
    "text NOT NULL",
    "integer DEFAULT 0 NOT NULL",
    "bigint",
    "boolean DEFAULT false NOT NULL",
    "timestamp with time zone DEFAULT now() NOT NULL",
    "numeric(10,2) DEFAULT 0.00",
    "jsonb DEFAULT '{}'::jsonb NOT NULL",
    "character varying(255)",
];

/// Writes `schema.sql` and `shapes.toml` into a folder; returns the manifest's path.
pub fn write(folder: &Path, tables: usize, columns: usize) -> PathBuf {
    fs::write(folder.join("schema.sql"), sql(tables, columns)).unwrap();
    let mut manifest = String::from(
        "schema = [\"schema.sql\"]\n[output]\nrust = \"sync\"\nddl = \"sql\"\n[session]\n\
         owner_id = { claim = \"sub\", identity = true }\n[scope]\nowner = \"owner_id = $owner_id\"\n[shape]\n",
    );
    for table in 0..tables {
        let _ = writeln!(manifest, "table_{table:04} = {{ scope = \"owner\", change_frequency = \"medium\" }}");
    }
    let path = folder.join("shapes.toml");
    fs::write(&path, manifest).unwrap();
    path
}

fn sql(tables: usize, columns: usize) -> String {
    let mut sql = String::from(
        "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\n\n\
         CREATE TYPE public.state AS ENUM (\n    'open',\n    'paid',\n    'closed'\n);\n\n\n\
         ALTER TYPE public.state OWNER TO postgres;\n\n",
    );
    for table in 0..tables {
        let name = format!("table_{table:04}");
        let _ = write!(
            sql,
            "--\n-- Name: {name}; Type: TABLE; Schema: public; Owner: postgres\n--\n\nCREATE TABLE public.{name} (\n    \
             id uuid DEFAULT gen_random_uuid() NOT NULL,\n    owner_id uuid NOT NULL,\n    \
             state public.state DEFAULT 'open'::public.state NOT NULL"
        );
        for column in 3..columns {
            let _ = write!(sql, ",\n    column_{column:02} {}", TYPES[(table + column) % TYPES.len()]);
        }
        let _ = writeln!(sql, "\n);\n\n\nALTER TABLE public.{name} OWNER TO postgres;\n");
    }
    for table in 0..tables {
        let name = format!("table_{table:04}");
        let _ = writeln!(
            sql,
            "--\n-- Name: {name} {name}_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres\n--\n\n\
             ALTER TABLE ONLY public.{name}\n    ADD CONSTRAINT {name}_pkey PRIMARY KEY (id);\n\n"
        );
    }
    for table in 0..tables {
        let name = format!("table_{table:04}");
        let _ = writeln!(
            sql,
            "--\n-- Name: {name}_owner_id; Type: INDEX; Schema: public; Owner: postgres\n--\n\n\
             CREATE INDEX {name}_owner_id ON public.{name} USING btree (owner_id);\n\n"
        );
    }
    sql
}
