--
-- PostgreSQL database dump
--

\restrict Mb90O1ZUzsUyO2SpsmqHmYBE3ezYaYp8iJlDH89p4jHVKum7NlJFTLQkHeZCfT2

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
-- Name: billing; Type: SCHEMA; Schema: -; Owner: clinic_owner
--

CREATE SCHEMA billing;


ALTER SCHEMA billing OWNER TO clinic_owner;

--
-- Name: SCHEMA billing; Type: COMMENT; Schema: -; Owner: clinic_owner
--

COMMENT ON SCHEMA billing IS 'Money; read by the accountants only';


--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;


--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';


--
-- Name: amount; Type: DOMAIN; Schema: billing; Owner: clinic_owner
--

CREATE DOMAIN billing.amount AS numeric(12,2) NOT NULL DEFAULT 0
	CONSTRAINT amount_check CHECK ((VALUE >= (0)::numeric));


ALTER DOMAIN billing.amount OWNER TO clinic_owner;

--
-- Name: invoice_state; Type: TYPE; Schema: billing; Owner: clinic_owner
--

CREATE TYPE billing.invoice_state AS ENUM (
    'draft',
    'sent',
    'paid',
    'written off'
);


ALTER TYPE billing.invoice_state OWNER TO clinic_owner;

--
-- Name: address; Type: TYPE; Schema: public; Owner: clinic_owner
--

CREATE TYPE public.address AS (
	street text,
	zip character varying(10),
	city text COLLATE pg_catalog."C",
	geo double precision[]
);


ALTER TYPE public.address OWNER TO clinic_owner;

--
-- Name: phone; Type: DOMAIN; Schema: public; Owner: clinic_owner
--

CREATE DOMAIN public.phone AS character varying(24)
	CONSTRAINT phone_form CHECK (((VALUE)::text ~ '^[+0-9 ()/-]+$'::text));


ALTER DOMAIN public.phone OWNER TO clinic_owner;

--
-- Name: visit_state; Type: TYPE; Schema: public; Owner: clinic_owner
--

CREATE TYPE public.visit_state AS ENUM (
    'booked',
    'waiting',
    'with doctor',
    'done',
    'no-show'
);


ALTER TYPE public.visit_state OWNER TO clinic_owner;

--
-- Name: TYPE visit_state; Type: COMMENT; Schema: public; Owner: clinic_owner
--

COMMENT ON TYPE public.visit_state IS 'Where a patient''s visit stands';


--
-- Name: touch(); Type: FUNCTION; Schema: public; Owner: clinic_owner
--

CREATE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    -- keeps the row's clock; a semicolon; in a comment
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;


ALTER FUNCTION public.touch() OWNER TO clinic_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: invoices; Type: TABLE; Schema: billing; Owner: clinic_owner
--

CREATE TABLE billing.invoices (
    id bigint NOT NULL,
    visit_id bigint,
    state billing.invoice_state DEFAULT 'draft'::billing.invoice_state,
    total billing.amount,
    paid_on date,
    vat numeric(4,1) DEFAULT 19.0,
    reference character varying(40)
);


ALTER TABLE billing.invoices OWNER TO clinic_owner;

--
-- Name: invoices_id_seq; Type: SEQUENCE; Schema: billing; Owner: clinic_owner
--

ALTER TABLE billing.invoices ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME billing.invoices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: items; Type: TABLE; Schema: billing; Owner: clinic_owner
--

CREATE TABLE billing.items (
    invoice_id bigint NOT NULL,
    no smallint NOT NULL,
    what text NOT NULL,
    price billing.amount,
    qty numeric DEFAULT 1
);


ALTER TABLE billing.items OWNER TO clinic_owner;

--
-- Name: tickets; Type: SEQUENCE; Schema: public; Owner: clinic_owner
--

CREATE SEQUENCE public.tickets
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 999
    CACHE 1
    CYCLE;


ALTER TABLE public.tickets OWNER TO clinic_owner;

--
-- Name: visits; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE TABLE public.visits (
    id bigint NOT NULL,
    patient_id bigint NOT NULL,
    doctor_id uuid,
    state public.visit_state DEFAULT 'booked'::public.visit_state NOT NULL,
    during tstzrange NOT NULL,
    states public.visit_state[],
    room smallint,
    ticket integer DEFAULT nextval('public.tickets'::regclass)
);


ALTER TABLE public.visits OWNER TO clinic_owner;

--
-- Name: busy; Type: MATERIALIZED VIEW; Schema: public; Owner: clinic_owner
--

CREATE MATERIALIZED VIEW public.busy AS
 SELECT visits.doctor_id,
    count(*) AS n
   FROM public.visits
  GROUP BY visits.doctor_id
  WITH NO DATA;


ALTER TABLE public.busy OWNER TO clinic_owner;

--
-- Name: doctors; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE TABLE public.doctors (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practice_id integer NOT NULL,
    name text NOT NULL,
    email public.citext,
    languages text[] DEFAULT '{de}'::text[] NOT NULL,
    hourly billing.amount,
    retired boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY public.doctors REPLICA IDENTITY FULL;


ALTER TABLE public.doctors OWNER TO clinic_owner;

--
-- Name: events; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE TABLE public.events (
    id uuid NOT NULL,
    at timestamp without time zone NOT NULL,
    kind text NOT NULL,
    data json
);


ALTER TABLE public.events OWNER TO clinic_owner;

--
-- Name: patients; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE TABLE public.patients (
    id bigint NOT NULL,
    given text NOT NULL,
    family text NOT NULL,
    born date NOT NULL,
    insured_no character(12),
    full_name text GENERATED ALWAYS AS (((given || ' '::text) || family)) STORED,
    phones public.phone[],
    notes text,
    photo bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp(3) with time zone DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT born_in_time CHECK ((born > '1890-01-01'::date))
);


ALTER TABLE public.patients OWNER TO clinic_owner;

--
-- Name: patients_id_seq; Type: SEQUENCE; Schema: public; Owner: clinic_owner
--

ALTER TABLE public.patients ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.patients_id_seq
    START WITH 1000
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: practices; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE TABLE public.practices (
    id integer NOT NULL,
    name text NOT NULL,
    home public.address,
    phone public.phone,
    opened date,
    timetable jsonb DEFAULT '{}'::jsonb NOT NULL
);


ALTER TABLE public.practices OWNER TO clinic_owner;

--
-- Name: TABLE practices; Type: COMMENT; Schema: public; Owner: clinic_owner
--

COMMENT ON TABLE public.practices IS 'One row per place where patients are seen';


--
-- Name: COLUMN practices.timetable; Type: COMMENT; Schema: public; Owner: clinic_owner
--

COMMENT ON COLUMN public.practices.timetable IS 'Weekday to list of "from-to"
pairs, local time';


--
-- Name: practices_id_seq; Type: SEQUENCE; Schema: public; Owner: clinic_owner
--

CREATE SEQUENCE public.practices_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.practices_id_seq OWNER TO clinic_owner;

--
-- Name: practices_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: clinic_owner
--

ALTER SEQUENCE public.practices_id_seq OWNED BY public.practices.id;


--
-- Name: today; Type: VIEW; Schema: public; Owner: clinic_owner
--

CREATE VIEW public.today AS
 SELECT v.id,
    p.full_name,
    v.during
   FROM (public.visits v
     JOIN public.patients p ON ((p.id = v.patient_id)));


ALTER TABLE public.today OWNER TO clinic_owner;

--
-- Name: visit_notes; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE TABLE public.visit_notes (
    visit_id bigint NOT NULL,
    line integer NOT NULL,
    body text,
    author uuid
);


ALTER TABLE public.visit_notes OWNER TO clinic_owner;

--
-- Name: visits_id_seq; Type: SEQUENCE; Schema: public; Owner: clinic_owner
--

CREATE SEQUENCE public.visits_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.visits_id_seq OWNER TO clinic_owner;

--
-- Name: visits_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: clinic_owner
--

ALTER SEQUENCE public.visits_id_seq OWNED BY public.visits.id;


--
-- Name: waiting_room; Type: TABLE; Schema: public; Owner: clinic_owner
--

CREATE UNLOGGED TABLE public.waiting_room (
    place integer NOT NULL,
    visit_id bigint,
    since time(0) without time zone DEFAULT LOCALTIME
);


ALTER TABLE public.waiting_room OWNER TO clinic_owner;

--
-- Name: practices id; Type: DEFAULT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.practices ALTER COLUMN id SET DEFAULT nextval('public.practices_id_seq'::regclass);


--
-- Name: visits id; Type: DEFAULT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visits ALTER COLUMN id SET DEFAULT nextval('public.visits_id_seq'::regclass);


--
-- Data for Name: invoices; Type: TABLE DATA; Schema: billing; Owner: clinic_owner
--

COPY billing.invoices (id, visit_id, state, total, paid_on, vat, reference) FROM stdin;
1	1	draft	12.50	\N	19.0	\N
2	2	draft	12.50	\N	19.0	\N
\.


--
-- Data for Name: items; Type: TABLE DATA; Schema: billing; Owner: clinic_owner
--

COPY billing.items (invoice_id, no, what, price, qty) FROM stdin;
\.


--
-- Data for Name: doctors; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.doctors (id, practice_id, name, email, languages, hourly, retired) FROM stdin;
8b77cb4f-250f-41fb-84c9-69c83fe76c3f	1	Dr. Ada Ønsk	Ada@example.org	{de}	0.00	f
9bbbf914-ef97-43f0-82a2-7fed63845735	2	-- no comment	\N	{de}	0.00	f
f08114ab-c401-45ee-9781-cfdfa2fb5bb7	2	/* nor this	b@example.org	{de}	0.00	f
\.


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.events (id, at, kind, data) FROM stdin;
\.


--
-- Data for Name: patients; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.patients (id, given, family, born, insured_no, phones, notes, photo, created_at, updated_at) FROM stdin;
1000	Bo	O'Neil	1970-02-03	\N	{"+1 2",3}	\\.\n\\N\n;	\\x00ff	2026-11-21 02:37:18.164233+00	2026-11-21 02:37:18.164+00
1001	Eve		2001-12-31	\N	\N	\N	\N	2026-11-21 02:37:18.164233+00	2026-11-21 02:37:18.164+00
1002	\\restrict	COPY x FROM stdin;	1999-09-09	\N	{}	line one\n\\.\nDROP TABLE patients;	\\x	2026-11-21 02:37:18.164233+00	2026-11-21 02:37:18.164+00
\.


--
-- Data for Name: practices; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.practices (id, name, home, phone, opened, timetable) FROM stdin;
1	Harbour; east	("12 Quay, ""back door""",24103,Kiel,"{54.3,10.1}")	+49 431 1	\N	{"mon": ["8-12"]}
2	Tabs\tand\\slashes\nnewline	\N	\N	\N	{}
3	CREATE TABLE trap (id int);	\N	\N	\N	{}
4	it's $$ not $body$ quoted	\N	\N	\N	{}
\.


--
-- Data for Name: visit_notes; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.visit_notes (visit_id, line, body, author) FROM stdin;
1	1	a "quoted" note	\N
2	1	a "quoted" note	\N
3	1	a "quoted" note	\N
\.


--
-- Data for Name: visits; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.visits (id, patient_id, doctor_id, state, during, states, room, ticket) FROM stdin;
1	1000	8b77cb4f-250f-41fb-84c9-69c83fe76c3f	booked	["2024-05-01 08:00:00+00","2024-05-01 08:20:00+00")	\N	\N	1
2	1001	8b77cb4f-250f-41fb-84c9-69c83fe76c3f	booked	["2024-05-01 08:00:00+00","2024-05-01 08:20:00+00")	\N	\N	2
3	1002	8b77cb4f-250f-41fb-84c9-69c83fe76c3f	booked	["2024-05-01 08:00:00+00","2024-05-01 08:20:00+00")	\N	\N	3
\.


--
-- Data for Name: waiting_room; Type: TABLE DATA; Schema: public; Owner: clinic_owner
--

COPY public.waiting_room (place, visit_id, since) FROM stdin;
\.


--
-- Name: invoices_id_seq; Type: SEQUENCE SET; Schema: billing; Owner: clinic_owner
--

SELECT pg_catalog.setval('billing.invoices_id_seq', 2, true);


--
-- Name: patients_id_seq; Type: SEQUENCE SET; Schema: public; Owner: clinic_owner
--

SELECT pg_catalog.setval('public.patients_id_seq', 1002, true);


--
-- Name: practices_id_seq; Type: SEQUENCE SET; Schema: public; Owner: clinic_owner
--

SELECT pg_catalog.setval('public.practices_id_seq', 4, true);


--
-- Name: tickets; Type: SEQUENCE SET; Schema: public; Owner: clinic_owner
--

SELECT pg_catalog.setval('public.tickets', 3, true);


--
-- Name: visits_id_seq; Type: SEQUENCE SET; Schema: public; Owner: clinic_owner
--

SELECT pg_catalog.setval('public.visits_id_seq', 3, true);


--
-- Name: invoices invoices_pkey; Type: CONSTRAINT; Schema: billing; Owner: clinic_owner
--

ALTER TABLE ONLY billing.invoices
    ADD CONSTRAINT invoices_pkey PRIMARY KEY (id);


--
-- Name: invoices invoices_visit_id_key; Type: CONSTRAINT; Schema: billing; Owner: clinic_owner
--

ALTER TABLE ONLY billing.invoices
    ADD CONSTRAINT invoices_visit_id_key UNIQUE (visit_id);


--
-- Name: items items_pk; Type: CONSTRAINT; Schema: billing; Owner: clinic_owner
--

ALTER TABLE ONLY billing.items
    ADD CONSTRAINT items_pk PRIMARY KEY (invoice_id, no);


--
-- Name: doctors doctors_email_key; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.doctors
    ADD CONSTRAINT doctors_email_key UNIQUE (email);


--
-- Name: doctors doctors_pkey; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.doctors
    ADD CONSTRAINT doctors_pkey PRIMARY KEY (id);


--
-- Name: visits one_ticket; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visits
    ADD CONSTRAINT one_ticket UNIQUE (patient_id, ticket);


--
-- Name: patients patients_insured_no_key; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_insured_no_key UNIQUE (insured_no);


--
-- Name: patients patients_pkey; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_pkey PRIMARY KEY (id);


--
-- Name: practices practices_pkey; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.practices
    ADD CONSTRAINT practices_pkey PRIMARY KEY (id);


--
-- Name: visit_notes visit_notes_pkey; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visit_notes
    ADD CONSTRAINT visit_notes_pkey PRIMARY KEY (visit_id, line);


--
-- Name: visits visits_pkey; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (id);


--
-- Name: waiting_room waiting_room_pkey; Type: CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.waiting_room
    ADD CONSTRAINT waiting_room_pkey PRIMARY KEY (place);


--
-- Name: busy_doctor; Type: INDEX; Schema: public; Owner: clinic_owner
--

CREATE UNIQUE INDEX busy_doctor ON public.busy USING btree (doctor_id);


--
-- Name: events_id; Type: INDEX; Schema: public; Owner: clinic_owner
--

CREATE UNIQUE INDEX events_id ON public.events USING btree (id);


--
-- Name: patients_family; Type: INDEX; Schema: public; Owner: clinic_owner
--

CREATE INDEX patients_family ON public.patients USING btree (lower(family) text_pattern_ops);


--
-- Name: visits_during; Type: INDEX; Schema: public; Owner: clinic_owner
--

CREATE INDEX visits_during ON public.visits USING gist (during);


--
-- Name: visits_open; Type: INDEX; Schema: public; Owner: clinic_owner
--

CREATE INDEX visits_open ON public.visits USING btree (doctor_id) WHERE (state <> 'done'::public.visit_state);


--
-- Name: names; Type: STATISTICS; Schema: public; Owner: clinic_owner
--

CREATE STATISTICS public.names ON given, family FROM public.patients;


ALTER STATISTICS public.names OWNER TO clinic_owner;

--
-- Name: patients touch; Type: TRIGGER; Schema: public; Owner: clinic_owner
--

CREATE TRIGGER touch BEFORE UPDATE ON public.patients FOR EACH ROW EXECUTE FUNCTION public.touch();


--
-- Name: invoices invoices_visit_id_fkey; Type: FK CONSTRAINT; Schema: billing; Owner: clinic_owner
--

ALTER TABLE ONLY billing.invoices
    ADD CONSTRAINT invoices_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visits(id);


--
-- Name: items items_invoice; Type: FK CONSTRAINT; Schema: billing; Owner: clinic_owner
--

ALTER TABLE ONLY billing.items
    ADD CONSTRAINT items_invoice FOREIGN KEY (invoice_id) REFERENCES billing.invoices(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: doctors doctors_practice_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.doctors
    ADD CONSTRAINT doctors_practice_id_fkey FOREIGN KEY (practice_id) REFERENCES public.practices(id) ON DELETE RESTRICT;


--
-- Name: visit_notes visit_notes_author_fkey; Type: FK CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visit_notes
    ADD CONSTRAINT visit_notes_author_fkey FOREIGN KEY (author) REFERENCES public.doctors(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: visit_notes visit_notes_visit_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visit_notes
    ADD CONSTRAINT visit_notes_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visits(id) ON DELETE CASCADE;


--
-- Name: visits visits_doctor_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES public.doctors(id) ON DELETE SET NULL;


--
-- Name: visits visits_patient_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patients(id) ON DELETE CASCADE;


--
-- Name: waiting_room waiting_room_visit_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: clinic_owner
--

ALTER TABLE ONLY public.waiting_room
    ADD CONSTRAINT waiting_room_visit_id_fkey FOREIGN KEY (visit_id) REFERENCES public.visits(id);


--
-- Name: patients own; Type: POLICY; Schema: public; Owner: clinic_owner
--

CREATE POLICY own ON public.patients USING (true);


--
-- Name: patients; Type: ROW SECURITY; Schema: public; Owner: clinic_owner
--

ALTER TABLE public.patients ENABLE ROW LEVEL SECURITY;

--
-- Name: sync; Type: PUBLICATION; Schema: -; Owner: clinic_owner
--

CREATE PUBLICATION sync WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION sync OWNER TO clinic_owner;

--
-- Name: sync patients; Type: PUBLICATION TABLE; Schema: public; Owner: clinic_owner
--

ALTER PUBLICATION sync ADD TABLE ONLY public.patients;


--
-- Name: sync visits; Type: PUBLICATION TABLE; Schema: public; Owner: clinic_owner
--

ALTER PUBLICATION sync ADD TABLE ONLY public.visits;


--
-- Name: SCHEMA billing; Type: ACL; Schema: -; Owner: clinic_owner
--

GRANT USAGE ON SCHEMA billing TO clinic_reader;


--
-- Name: TABLE visits; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.visits TO clinic_reader;


--
-- Name: TABLE busy; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.busy TO clinic_reader;


--
-- Name: TABLE doctors; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.doctors TO clinic_reader;


--
-- Name: TABLE events; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.events TO clinic_reader;


--
-- Name: TABLE patients; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.patients TO clinic_reader;


--
-- Name: TABLE practices; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.practices TO clinic_reader;


--
-- Name: TABLE today; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.today TO clinic_reader;


--
-- Name: TABLE visit_notes; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.visit_notes TO clinic_reader;


--
-- Name: TABLE waiting_room; Type: ACL; Schema: public; Owner: clinic_owner
--

GRANT SELECT ON TABLE public.waiting_room TO clinic_reader;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: billing; Owner: clinic_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE clinic_owner IN SCHEMA billing GRANT SELECT ON TABLES  TO clinic_reader;


--
-- Name: busy; Type: MATERIALIZED VIEW DATA; Schema: public; Owner: clinic_owner
--

REFRESH MATERIALIZED VIEW public.busy;


--
-- PostgreSQL database dump complete
--

\unrestrict Mb90O1ZUzsUyO2SpsmqHmYBE3ezYaYp8iJlDH89p4jHVKum7NlJFTLQkHeZCfT2

