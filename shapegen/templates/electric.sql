-- What Electric and the shapes' conditions need of the PostgreSQL server. Run it with psql as the owner of the tables, after
-- the migrations; what is there already stays as it is. Not in a transaction: indexes are built beside running writes.
--
-- Where Electric's role owns the tables, Electric cares for publication and replica identity itself, and only the indexes
-- are of use. Where it doesn't, start Electric with ELECTRIC_MANUAL_TABLE_PUBLISHING=true. The publication's name ends with
-- Electric's ELECTRIC_REPLICATION_STREAM_ID, which is `default` unless somebody changed it.

DO {{ tag }}
DECLARE
    synced text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = 'electric_publication_default') THEN
        CREATE PUBLICATION electric_publication_default;
    END IF;
    FOREACH synced IN ARRAY ARRAY[
{%- for table in tables %}
        {{ table.literal }}{% if !loop.last %},{% endif %}
{%- endfor %}
    ]::text[] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_publication AS publication
            WHERE pubname = 'electric_publication_default' AND (puballtables OR EXISTS (
                SELECT FROM pg_catalog.pg_publication_rel
                WHERE prpubid = publication.oid AND prrelid = synced::pg_catalog.regclass
            ))
        ) THEN
            EXECUTE 'ALTER PUBLICATION electric_publication_default ADD TABLE ' || synced;
        END IF;
    END LOOP;
END
{{ tag }};
{%- if generated_columns %}
ALTER PUBLICATION electric_publication_default SET (publish_generated_columns = stored);
{%- endif %}
{%- for table in tables %}

ALTER TABLE {{ table.name }} REPLICA IDENTITY FULL;
{%- if table.partitioned %}
-- Partitions have an identity of their own: run this again when one was added.
DO {{ tag }}
DECLARE
    partition pg_catalog.regclass;
BEGIN
    FOR partition IN
        SELECT relid FROM pg_catalog.pg_partition_tree({{ table.literal }}::pg_catalog.regclass) WHERE level > 0
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY FULL', partition);
    END LOOP;
END
{{ tag }};
{%- endif %}
{%- for index in table.indexes %}
{%- if table.partitioned %}
-- PostgreSQL can't build an index over all partitions beside writes: writes wait for this one.
CREATE INDEX IF NOT EXISTS {{ index.name }} ON {{ table.name }} ({{ index.columns }});
{%- else %}
CREATE INDEX CONCURRENTLY IF NOT EXISTS {{ index.name }} ON {{ table.name }} ({{ index.columns }});
{%- endif %}
{%- endfor %}
{%- endfor %}
