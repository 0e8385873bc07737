-- The local database for PGlite, one table per shape: columns as on the server, the shape's key as primary key. Enums are
-- text, so that a label of a newer server fits; nothing is checked but NOT NULL, because a shape is a part of its table.
-- Run it in an empty database: what is there already is an error.
{%- for table in tables %}

-- {{ table.ident }}
{%- for statement in table.statements %}
{{ statement }};
{%- endfor %}
{%- endfor %}
