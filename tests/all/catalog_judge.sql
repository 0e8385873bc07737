-- The catalog as PostgreSQL knows it: the JSON of `shapegen catalog`, with types, views and indexes beside it.
SET search_path = pg_catalog;
CREATE FUNCTION pg_temp.columns(relation oid, numbers int2[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(attname ORDER BY at) FROM unnest(numbers) WITH ORDINALITY AS n (number, at)
    JOIN pg_attribute ON attrelid = relation AND attnum = number
$$;
CREATE FUNCTION pg_temp.element(type oid) RETURNS oid LANGUAGE sql AS $$
    SELECT CASE WHEN typtype = 'b' AND typcategory = 'A' AND typelem <> 0 THEN typelem ELSE oid END
    FROM pg_type WHERE oid = type
$$;
CREATE FUNCTION pg_temp.domain_base(type oid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    modifier int;
    step record;
    is_domain boolean := false;
BEGIN
    LOOP
        SELECT typtype, typbasetype, typtypmod INTO step FROM pg_type WHERE oid = type;
        EXIT WHEN step.typtype <> 'd';
        is_domain := true;
        type := step.typbasetype;
        modifier := step.typtypmod;
    END LOOP;
    RETURN CASE WHEN is_domain THEN format_type(type, modifier) END;
END
$$;
CREATE FUNCTION pg_temp.enum_labels(type oid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    step record;
BEGIN
    LOOP
        type := pg_temp.element(type);
        SELECT typtype, typbasetype INTO step FROM pg_type WHERE oid = type;
        EXIT WHEN step.typtype <> 'd';
        type := step.typbasetype;
    END LOOP;
    IF step.typtype = 'e' THEN
        RETURN (SELECT coalesce(jsonb_agg(enumlabel ORDER BY enumsortorder), '[]') FROM pg_enum WHERE enumtypid = type);
    END IF;
    RETURN NULL;
END
$$;
-- Of the schema's own: nothing of the system, of a session or of an extension.
CREATE TEMP VIEW relation AS SELECT c.*, nspname, nspname || '.' || relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e');
CREATE TEMP VIEW type AS SELECT t.*, nspname || '.' || typname AS name, obj_description(t.oid, 'pg_type') AS comment
    FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_type'::regclass AND objid = t.oid AND deptype = 'e');
SELECT jsonb_strip_nulls(jsonb_build_object(
    'tables', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'schema', nspname,
        'table', relname,
        'kind', CASE relkind WHEN 'p' THEN 'partitioned' ELSE 'ordinary' END,
        'partition_of', (SELECT name FROM pg_inherits JOIN relation parent ON parent.oid = inhparent
            WHERE inhrelid = r.oid AND r.relispartition),
        'columns', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', attname,
            'type', format_type(atttypid, atttypmod),
            'is_array', pg_temp.element(atttypid) <> atttypid,
            'not_null', attnotnull,
            'has_default', atthasdef AND attgenerated = '' AND attidentity = '',
            'identity', CASE attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END,
            'generated', CASE attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END,
            'enum_labels', pg_temp.enum_labels(atttypid),
            'domain_base', pg_temp.domain_base(pg_temp.element(atttypid)),
            'comment', col_description(r.oid, attnum)
        ) ORDER BY attnum), '[]') FROM pg_attribute WHERE attrelid = r.oid AND attnum > 0 AND NOT attisdropped),
        'primary_key', (SELECT pg_temp.columns(conrelid, conkey) FROM pg_constraint
            WHERE conrelid = r.oid AND contype = 'p'),
        'unique', (SELECT coalesce(jsonb_agg(jsonb_build_object('columns', pg_temp.columns(conrelid, conkey))), '[]')
            FROM pg_constraint WHERE conrelid = r.oid AND contype = 'u'),
        'foreign_keys', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'columns', pg_temp.columns(conrelid, conkey),
            'ref_schema', other.nspname,
            'ref_table', other.relname,
            'ref_columns', pg_temp.columns(confrelid, confkey),
            'on_delete', CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
                WHEN 'r' THEN 'RESTRICT' END
        )), '[]') FROM pg_constraint JOIN relation other ON other.oid = confrelid
            WHERE conrelid = r.oid AND contype = 'f' AND conparentid = 0),
        'comment', obj_description(r.oid, 'pg_class'),
        'indexes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', i.relname,
            'columns', (SELECT coalesce(jsonb_agg(attname ORDER BY at), '[]')
                FROM unnest(indkey::int2[]) WITH ORDINALITY AS n (number, at)
                JOIN pg_attribute ON attrelid = indrelid AND attnum = number
                -- Up to the first expression, without what is included.
                WHERE at <= indnkeyatts AND at < coalesce(array_position(indkey::int2[], 0::int2) + 1, 999)),
            'unique', indisunique AND indpred IS NULL AND indexprs IS NULL,
            'finds_all', amname = 'btree' AND indpred IS NULL
        )), '[]') FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_am am ON am.oid = i.relam
            WHERE indrelid = r.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid
            AND contype IN ('p', 'u', 'x')))
    ) ORDER BY nspname COLLATE "C", relname COLLATE "C"), '[]') FROM relation r WHERE relkind IN ('r', 'p')),
    'enums', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'labels', pg_temp.enum_labels(oid),
        'comment', comment) ORDER BY name COLLATE "C"), '[]') FROM type WHERE typtype = 'e'),
    'domains', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', name, 'base', format_type(typbasetype, typtypmod),
        'not_null', typnotnull, 'comment', comment) ORDER BY name COLLATE "C"), '[]') FROM type WHERE typtype = 'd'),
    'composites', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'attributes',
        (SELECT coalesce(jsonb_agg(jsonb_build_object('name', attname, 'type', format_type(atttypid, atttypmod))
            ORDER BY attnum), '[]') FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped),
        'comment', comment) ORDER BY t.name COLLATE "C"), '[]')
        FROM type t JOIN pg_class c ON c.oid = typrelid AND relkind = 'c'),
    'ranges', (SELECT coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'subtype', format_type(rngsubtype, -1),
        'multirange', many.name, 'comment', t.comment) ORDER BY t.name COLLATE "C"), '[]')
        FROM pg_range JOIN type t ON t.oid = rngtypid JOIN type many ON many.oid = rngmultitypid),
    'views', (SELECT coalesce(jsonb_agg(name ORDER BY name COLLATE "C"), '[]') FROM relation
        WHERE relkind IN ('v', 'm', 'f'))
));
