--
-- PostgreSQL database dump
--

\restrict OtwtFpv01js9QbMcQtm4iGQiijkZWHQBROT09ZpyHUaIoXEL0GB0VioC3dfsYrk

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: archive; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA archive;


ALTER SCHEMA archive OWNER TO postgres;

--
-- Name: stock; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA stock;


ALTER SCHEMA stock OWNER TO postgres;

--
-- Name: direction; Type: TYPE; Schema: stock; Owner: postgres
--

CREATE TYPE stock.direction AS ENUM (
    'in',
    'out',
    'count'
);


ALTER TYPE stock.direction OWNER TO postgres;

SET default_tablespace = '';

--
-- Name: moves; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.moves (
    id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    thing_id bigint NOT NULL,
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT 1 NOT NULL,
    operator name DEFAULT CURRENT_USER
)
PARTITION BY RANGE (at);


ALTER TABLE stock.moves OWNER TO postgres;

--
-- Name: TABLE moves; Type: COMMENT; Schema: stock; Owner: postgres
--

COMMENT ON TABLE stock.moves IS 'Every movement; a partition per quarter';


--
-- Name: COLUMN moves.qty; Type: COMMENT; Schema: stock; Owner: postgres
--

COMMENT ON COLUMN stock.moves.qty IS 'negative never; see direction';


SET default_table_access_method = heap;

--
-- Name: moves_2023; Type: TABLE; Schema: archive; Owner: postgres
--

CREATE TABLE archive.moves_2023 (
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT NULL NOT NULL,
    id bigint DEFAULT NULL NOT NULL,
    thing_id bigint NOT NULL,
    at timestamp with time zone DEFAULT NULL NOT NULL,
    operator name DEFAULT CURRENT_USER
);


ALTER TABLE archive.moves_2023 OWNER TO postgres;

--
-- Name: audits; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.audits (
    id integer NOT NULL,
    move_id bigint,
    move_at timestamp with time zone
);


ALTER TABLE stock.audits OWNER TO postgres;

--
-- Name: audits_id_seq; Type: SEQUENCE; Schema: stock; Owner: postgres
--

CREATE SEQUENCE stock.audits_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE stock.audits_id_seq OWNER TO postgres;

--
-- Name: audits_id_seq; Type: SEQUENCE OWNED BY; Schema: stock; Owner: postgres
--

ALTER SEQUENCE stock.audits_id_seq OWNED BY stock.audits.id;


--
-- Name: things; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.things (
    id bigint NOT NULL,
    sku character varying(32) NOT NULL,
    weight_g integer,
    weight_kg numeric GENERATED ALWAYS AS (((weight_g)::numeric / 1000.0)) STORED,
    tags text[] DEFAULT ARRAY[]::text[] NOT NULL
);


ALTER TABLE stock.things OWNER TO postgres;

--
-- Name: dangerous; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.dangerous (
    un_number character(4) NOT NULL
)
INHERITS (stock.things);


ALTER TABLE stock.dangerous OWNER TO postgres;

--
-- Name: perishable; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.perishable (
    best_before date NOT NULL,
    cooled boolean DEFAULT true
)
INHERITS (stock.things);


ALTER TABLE stock.perishable OWNER TO postgres;

--
-- Name: frozen_poison; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.frozen_poison (
    note text
)
INHERITS (stock.perishable, stock.dangerous);


ALTER TABLE stock.frozen_poison OWNER TO postgres;

--
-- Name: moves_2024q1; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.moves_2024q1 (
    id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    thing_id bigint NOT NULL,
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT 1 NOT NULL,
    operator name DEFAULT CURRENT_USER
);


ALTER TABLE stock.moves_2024q1 OWNER TO postgres;

--
-- Name: moves_2024q2; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.moves_2024q2 (
    id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    thing_id bigint NOT NULL,
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT 2 NOT NULL,
    operator name DEFAULT CURRENT_USER,
    CONSTRAINT q2 CHECK ((qty < (1000000)::numeric))
);


ALTER TABLE stock.moves_2024q2 OWNER TO postgres;

--
-- Name: moves_later; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.moves_later (
    id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    thing_id bigint NOT NULL,
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT 1 NOT NULL,
    operator name DEFAULT CURRENT_USER
)
PARTITION BY RANGE (at);


ALTER TABLE stock.moves_later OWNER TO postgres;

--
-- Name: moves_later_2030; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.moves_later_2030 (
    id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    thing_id bigint NOT NULL,
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT 1 NOT NULL,
    operator name DEFAULT CURRENT_USER
);


ALTER TABLE stock.moves_later_2030 OWNER TO postgres;

--
-- Name: moves_later_rest; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.moves_later_rest (
    id bigint DEFAULT 0 NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    thing_id bigint NOT NULL,
    direction stock.direction NOT NULL,
    qty numeric(10,3) DEFAULT 1 NOT NULL,
    operator name DEFAULT CURRENT_USER
);


ALTER TABLE stock.moves_later_rest OWNER TO postgres;

--
-- Name: places; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.places (
    id integer NOT NULL,
    aisle character(1) NOT NULL,
    shelf smallint NOT NULL,
    height_cm real
);


ALTER TABLE stock.places OWNER TO postgres;

--
-- Name: place_numbers; Type: SEQUENCE; Schema: stock; Owner: postgres
--

ALTER TABLE stock.places ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME stock.place_numbers
    START WITH 10
    INCREMENT BY 10
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: readings; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.readings (
    sensor integer NOT NULL,
    at timestamp with time zone NOT NULL,
    celsius real
)
PARTITION BY HASH (sensor);


ALTER TABLE stock.readings OWNER TO postgres;

--
-- Name: readings_0; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.readings_0 (
    sensor integer NOT NULL,
    at timestamp with time zone NOT NULL,
    celsius real
);


ALTER TABLE stock.readings_0 OWNER TO postgres;

--
-- Name: readings_1; Type: TABLE; Schema: stock; Owner: postgres
--

CREATE TABLE stock.readings_1 (
    sensor integer NOT NULL,
    at timestamp with time zone NOT NULL,
    celsius real
);


ALTER TABLE stock.readings_1 OWNER TO postgres;

--
-- Name: things_id_seq; Type: SEQUENCE; Schema: stock; Owner: postgres
--

ALTER TABLE stock.things ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME stock.things_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: moves_2023; Type: TABLE ATTACH; Schema: archive; Owner: postgres
--

ALTER TABLE ONLY stock.moves ATTACH PARTITION archive.moves_2023 FOR VALUES FROM ('2023-01-01 00:00:00+00') TO ('2024-01-01 00:00:00+00');


--
-- Name: moves_2024q1; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves ATTACH PARTITION stock.moves_2024q1 FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-04-01 00:00:00+00');


--
-- Name: moves_2024q2; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves ATTACH PARTITION stock.moves_2024q2 FOR VALUES FROM ('2024-04-01 00:00:00+00') TO ('2024-07-01 00:00:00+00');


--
-- Name: moves_later; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves ATTACH PARTITION stock.moves_later DEFAULT;


--
-- Name: moves_later_2030; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later ATTACH PARTITION stock.moves_later_2030 FOR VALUES FROM ('2030-01-01 00:00:00+00') TO (MAXVALUE);


--
-- Name: moves_later_rest; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later ATTACH PARTITION stock.moves_later_rest DEFAULT;


--
-- Name: readings_0; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.readings ATTACH PARTITION stock.readings_0 FOR VALUES WITH (modulus 2, remainder 0);


--
-- Name: readings_1; Type: TABLE ATTACH; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.readings ATTACH PARTITION stock.readings_1 FOR VALUES WITH (modulus 2, remainder 1);


--
-- Name: audits id; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.audits ALTER COLUMN id SET DEFAULT nextval('stock.audits_id_seq'::regclass);


--
-- Name: dangerous tags; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.dangerous ALTER COLUMN tags SET DEFAULT ARRAY[]::text[];


--
-- Name: frozen_poison sku; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.frozen_poison ALTER COLUMN sku SET DEFAULT 'none'::character varying;


--
-- Name: frozen_poison tags; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.frozen_poison ALTER COLUMN tags SET DEFAULT ARRAY[]::text[];


--
-- Name: frozen_poison cooled; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.frozen_poison ALTER COLUMN cooled SET DEFAULT true;


--
-- Name: perishable sku; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.perishable ALTER COLUMN sku SET DEFAULT 'none'::character varying;


--
-- Name: perishable tags; Type: DEFAULT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.perishable ALTER COLUMN tags SET DEFAULT ARRAY[]::text[];


--
-- Data for Name: moves_2023; Type: TABLE DATA; Schema: archive; Owner: postgres
--

COPY archive.moves_2023 (direction, qty, id, thing_id, at, operator) FROM stdin;
in	1.000	4	2	2023-06-06 00:00:00+00	postgres
\.


--
-- Data for Name: audits; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.audits (id, move_id, move_at) FROM stdin;
\.


--
-- Data for Name: dangerous; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.dangerous (id, sku, weight_g, tags, un_number) FROM stdin;
\.


--
-- Data for Name: frozen_poison; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.frozen_poison (id, sku, weight_g, tags, best_before, cooled, un_number, note) FROM stdin;
\.


--
-- Data for Name: moves_2024q1; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.moves_2024q1 (id, at, thing_id, direction, qty, operator) FROM stdin;
1	2024-02-01 00:00:00+00	1	in	1.000	postgres
\.


--
-- Data for Name: moves_2024q2; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.moves_2024q2 (id, at, thing_id, direction, qty, operator) FROM stdin;
2	2024-05-01 00:00:00+00	1	out	1.000	postgres
\.


--
-- Data for Name: moves_later_2030; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.moves_later_2030 (id, at, thing_id, direction, qty, operator) FROM stdin;
3	2030-01-01 00:00:00+00	2	count	1.000	postgres
\.


--
-- Data for Name: moves_later_rest; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.moves_later_rest (id, at, thing_id, direction, qty, operator) FROM stdin;
\.


--
-- Data for Name: perishable; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.perishable (id, sku, weight_g, tags, best_before, cooled) FROM stdin;
77	milk	\N	{}	infinity	t
\.


--
-- Data for Name: places; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.places (id, aisle, shelf, height_cm) FROM stdin;
10	A	1	\N
20	B	2	\N
\.


--
-- Data for Name: readings_0; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.readings_0 (sensor, at, celsius) FROM stdin;
1	2026-11-21 02:38:56.068989+00	4.5
2	2026-11-21 02:38:56.068989+00	NaN
\.


--
-- Data for Name: readings_1; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.readings_1 (sensor, at, celsius) FROM stdin;
\.


--
-- Data for Name: things; Type: TABLE DATA; Schema: stock; Owner: postgres
--

COPY stock.things (id, sku, weight_g, tags) FROM stdin;
1	box	100	{}
2	odd\tsku	\N	{}
\.


--
-- Name: audits_id_seq; Type: SEQUENCE SET; Schema: stock; Owner: postgres
--

SELECT pg_catalog.setval('stock.audits_id_seq', 1, false);


--
-- Name: place_numbers; Type: SEQUENCE SET; Schema: stock; Owner: postgres
--

SELECT pg_catalog.setval('stock.place_numbers', 20, true);


--
-- Name: things_id_seq; Type: SEQUENCE SET; Schema: stock; Owner: postgres
--

SELECT pg_catalog.setval('stock.things_id_seq', 2, true);


--
-- Name: moves moves_at_thing_id_direction_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves
    ADD CONSTRAINT moves_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves_2023 moves_2023_at_thing_id_direction_key; Type: CONSTRAINT; Schema: archive; Owner: postgres
--

ALTER TABLE ONLY archive.moves_2023
    ADD CONSTRAINT moves_2023_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves moves_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves
    ADD CONSTRAINT moves_pkey PRIMARY KEY (id, at);


--
-- Name: moves_2023 moves_2023_pkey; Type: CONSTRAINT; Schema: archive; Owner: postgres
--

ALTER TABLE ONLY archive.moves_2023
    ADD CONSTRAINT moves_2023_pkey PRIMARY KEY (id, at);


--
-- Name: audits audits_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.audits
    ADD CONSTRAINT audits_pkey PRIMARY KEY (id);


--
-- Name: dangerous dangerous_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.dangerous
    ADD CONSTRAINT dangerous_pkey PRIMARY KEY (id, un_number);


--
-- Name: frozen_poison fp; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.frozen_poison
    ADD CONSTRAINT fp UNIQUE (id);


--
-- Name: moves_2024q1 moves_2024q1_at_thing_id_direction_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_2024q1
    ADD CONSTRAINT moves_2024q1_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves_2024q1 moves_2024q1_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_2024q1
    ADD CONSTRAINT moves_2024q1_pkey PRIMARY KEY (id, at);


--
-- Name: moves_2024q2 moves_2024q2_at_thing_id_direction_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_2024q2
    ADD CONSTRAINT moves_2024q2_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves_2024q2 moves_2024q2_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_2024q2
    ADD CONSTRAINT moves_2024q2_pkey PRIMARY KEY (id, at);


--
-- Name: moves_later moves_later_at_thing_id_direction_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later
    ADD CONSTRAINT moves_later_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves_later_2030 moves_later_2030_at_thing_id_direction_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later_2030
    ADD CONSTRAINT moves_later_2030_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves_later moves_later_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later
    ADD CONSTRAINT moves_later_pkey PRIMARY KEY (id, at);


--
-- Name: moves_later_2030 moves_later_2030_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later_2030
    ADD CONSTRAINT moves_later_2030_pkey PRIMARY KEY (id, at);


--
-- Name: moves_later_rest moves_later_rest_at_thing_id_direction_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later_rest
    ADD CONSTRAINT moves_later_rest_at_thing_id_direction_key UNIQUE (at, thing_id, direction);


--
-- Name: moves_later_rest moves_later_rest_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.moves_later_rest
    ADD CONSTRAINT moves_later_rest_pkey PRIMARY KEY (id, at);


--
-- Name: perishable perishable_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.perishable
    ADD CONSTRAINT perishable_pkey PRIMARY KEY (id);


--
-- Name: places places_aisle_shelf_key; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.places
    ADD CONSTRAINT places_aisle_shelf_key UNIQUE (aisle, shelf);


--
-- Name: places places_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.places
    ADD CONSTRAINT places_pkey PRIMARY KEY (id);


--
-- Name: readings readings_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.readings
    ADD CONSTRAINT readings_pkey PRIMARY KEY (sensor, at);


--
-- Name: readings_0 readings_0_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.readings_0
    ADD CONSTRAINT readings_0_pkey PRIMARY KEY (sensor, at);


--
-- Name: readings_1 readings_1_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.readings_1
    ADD CONSTRAINT readings_1_pkey PRIMARY KEY (sensor, at);


--
-- Name: things things_pkey; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.things
    ADD CONSTRAINT things_pkey PRIMARY KEY (id);


--
-- Name: things things_sku; Type: CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.things
    ADD CONSTRAINT things_sku UNIQUE (sku);


--
-- Name: moves_thing; Type: INDEX; Schema: stock; Owner: postgres
--

CREATE INDEX moves_thing ON ONLY stock.moves USING btree (thing_id);


--
-- Name: moves_2023_thing_id_idx; Type: INDEX; Schema: archive; Owner: postgres
--

CREATE INDEX moves_2023_thing_id_idx ON archive.moves_2023 USING btree (thing_id);


--
-- Name: moves_2024q1_thing_id_idx; Type: INDEX; Schema: stock; Owner: postgres
--

CREATE INDEX moves_2024q1_thing_id_idx ON stock.moves_2024q1 USING btree (thing_id);


--
-- Name: moves_2024q2_thing_id_idx; Type: INDEX; Schema: stock; Owner: postgres
--

CREATE INDEX moves_2024q2_thing_id_idx ON stock.moves_2024q2 USING btree (thing_id);


--
-- Name: moves_later_thing_id_idx; Type: INDEX; Schema: stock; Owner: postgres
--

CREATE INDEX moves_later_thing_id_idx ON ONLY stock.moves_later USING btree (thing_id);


--
-- Name: moves_later_2030_thing_id_idx; Type: INDEX; Schema: stock; Owner: postgres
--

CREATE INDEX moves_later_2030_thing_id_idx ON stock.moves_later_2030 USING btree (thing_id);


--
-- Name: moves_later_rest_thing_id_idx; Type: INDEX; Schema: stock; Owner: postgres
--

CREATE INDEX moves_later_rest_thing_id_idx ON stock.moves_later_rest USING btree (thing_id);


--
-- Name: moves_2023_at_thing_id_direction_key; Type: INDEX ATTACH; Schema: archive; Owner: postgres
--

ALTER INDEX stock.moves_at_thing_id_direction_key ATTACH PARTITION archive.moves_2023_at_thing_id_direction_key;


--
-- Name: moves_2023_pkey; Type: INDEX ATTACH; Schema: archive; Owner: postgres
--

ALTER INDEX stock.moves_pkey ATTACH PARTITION archive.moves_2023_pkey;


--
-- Name: moves_2023_thing_id_idx; Type: INDEX ATTACH; Schema: archive; Owner: postgres
--

ALTER INDEX stock.moves_thing ATTACH PARTITION archive.moves_2023_thing_id_idx;


--
-- Name: moves_2024q1_at_thing_id_direction_key; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_at_thing_id_direction_key ATTACH PARTITION stock.moves_2024q1_at_thing_id_direction_key;


--
-- Name: moves_2024q1_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_pkey ATTACH PARTITION stock.moves_2024q1_pkey;


--
-- Name: moves_2024q1_thing_id_idx; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_thing ATTACH PARTITION stock.moves_2024q1_thing_id_idx;


--
-- Name: moves_2024q2_at_thing_id_direction_key; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_at_thing_id_direction_key ATTACH PARTITION stock.moves_2024q2_at_thing_id_direction_key;


--
-- Name: moves_2024q2_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_pkey ATTACH PARTITION stock.moves_2024q2_pkey;


--
-- Name: moves_2024q2_thing_id_idx; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_thing ATTACH PARTITION stock.moves_2024q2_thing_id_idx;


--
-- Name: moves_later_2030_at_thing_id_direction_key; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_later_at_thing_id_direction_key ATTACH PARTITION stock.moves_later_2030_at_thing_id_direction_key;


--
-- Name: moves_later_2030_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_later_pkey ATTACH PARTITION stock.moves_later_2030_pkey;


--
-- Name: moves_later_2030_thing_id_idx; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_later_thing_id_idx ATTACH PARTITION stock.moves_later_2030_thing_id_idx;


--
-- Name: moves_later_at_thing_id_direction_key; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_at_thing_id_direction_key ATTACH PARTITION stock.moves_later_at_thing_id_direction_key;


--
-- Name: moves_later_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_pkey ATTACH PARTITION stock.moves_later_pkey;


--
-- Name: moves_later_rest_at_thing_id_direction_key; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_later_at_thing_id_direction_key ATTACH PARTITION stock.moves_later_rest_at_thing_id_direction_key;


--
-- Name: moves_later_rest_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_later_pkey ATTACH PARTITION stock.moves_later_rest_pkey;


--
-- Name: moves_later_rest_thing_id_idx; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_later_thing_id_idx ATTACH PARTITION stock.moves_later_rest_thing_id_idx;


--
-- Name: moves_later_thing_id_idx; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.moves_thing ATTACH PARTITION stock.moves_later_thing_id_idx;


--
-- Name: readings_0_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.readings_pkey ATTACH PARTITION stock.readings_0_pkey;


--
-- Name: readings_1_pkey; Type: INDEX ATTACH; Schema: stock; Owner: postgres
--

ALTER INDEX stock.readings_pkey ATTACH PARTITION stock.readings_1_pkey;


--
-- Name: audits no_delete; Type: RULE; Schema: stock; Owner: postgres
--

CREATE RULE no_delete AS
    ON DELETE TO stock.audits DO INSTEAD NOTHING;


--
-- Name: audits audits_move_id_move_at_fkey; Type: FK CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE ONLY stock.audits
    ADD CONSTRAINT audits_move_id_move_at_fkey FOREIGN KEY (move_id, move_at) REFERENCES stock.moves(id, at);


--
-- Name: moves moves_thing_id_fkey; Type: FK CONSTRAINT; Schema: stock; Owner: postgres
--

ALTER TABLE stock.moves
    ADD CONSTRAINT moves_thing_id_fkey FOREIGN KEY (thing_id) REFERENCES stock.things(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--

\unrestrict OtwtFpv01js9QbMcQtm4iGQiijkZWHQBROT09ZpyHUaIoXEL0GB0VioC3dfsYrk

