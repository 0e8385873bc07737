//! What of the schema syncs, to whom, and how often it changes: a struct for each table.
//!
//! `shapegen init --style derive` wrote this from the schema, once. It is yours to change: nothing
//! writes it again, and what no longer fits the schema doesn't compile.
//!
//! Much of it is guessed, since a schema doesn't say who may see a row, or how often a table changes.
//! Review every line before people's data depends on it. Guessed are
//! - `scope`: from foreign keys, in one step, to people and their organisations;
//! - `session`: the values that the server has verified of who is asking;
//! - `change_frequency`: `medium` is a placeholder. Say `rare`, `low`, `medium`, `high` or
//!   `very_high`: what changes seldom is kept on the device, what changes often is not;
//! - which columns have no field: they never leave the server. Those whose names sound like secrets
//!   have none; are there more?
{%- if !imports.is_empty() %}
{% endif %}
{%- for line in imports %}
{{ line }}
{%- endfor %}
{%- for item in items %}

{{ item }}
{%- endfor %}
{%- if !left_out.is_empty() %}

// Left out, each with the reason. Complete what is to sync, and remove the `// ` before it.
{%- for line in other_imports %}
// {{ line }}
{%- endfor %}
{%- for item in left_out %}

{{ item }}
{%- endfor %}
{%- endif %}
