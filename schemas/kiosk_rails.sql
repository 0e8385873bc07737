SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;

SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE TABLE public.ar_internal_metadata (
    key character varying NOT NULL,
    value character varying,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);

CREATE TABLE public.magazines (
    id bigint NOT NULL,
    title character varying(255) DEFAULT ''::character varying NOT NULL,
    issn character varying,
    price_cents integer DEFAULT 0 NOT NULL,
    price_currency character varying DEFAULT 'EUR'::character varying NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    tags character varying[] DEFAULT '{}'::character varying[],
    slug character varying,
    lock_version integer DEFAULT 0,
    published_on date,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
CREATE SEQUENCE public.magazines_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.magazines_id_seq OWNED BY public.magazines.id;
ALTER TABLE ONLY public.magazines ALTER COLUMN id SET DEFAULT nextval('public.magazines_id_seq'::regclass);

CREATE TABLE public.comments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    commentable_type character varying NOT NULL,
    commentable_id bigint NOT NULL,
    parent_id uuid,
    body text,
    rating double precision,
    ip inet,
    created_at timestamp(6) without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE public.subscriptions (
    id bigint NOT NULL,
    magazine_id bigint NOT NULL,
    reader character varying NOT NULL,
    state integer DEFAULT 0 NOT NULL,
    period daterange,
    discarded_at timestamp(6) without time zone
);
CREATE SEQUENCE public.subscriptions_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.subscriptions_id_seq OWNED BY public.subscriptions.id;
ALTER TABLE ONLY public.subscriptions ALTER COLUMN id SET DEFAULT nextval('public.subscriptions_id_seq'::regclass);

CREATE TABLE public.magazines_topics (
    magazine_id bigint NOT NULL,
    topic character varying(30) NOT NULL
);

ALTER TABLE ONLY public.ar_internal_metadata ADD CONSTRAINT ar_internal_metadata_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.schema_migrations ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.magazines ADD CONSTRAINT magazines_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.comments ADD CONSTRAINT comments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.subscriptions ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX index_magazines_on_slug ON public.magazines USING btree (slug) WHERE (slug IS NOT NULL);
CREATE INDEX index_comments_on_commentable ON public.comments USING btree (commentable_type, commentable_id);
CREATE INDEX index_magazines_on_tags ON public.magazines USING gin (tags);
CREATE UNIQUE INDEX index_magazines_topics ON public.magazines_topics USING btree (magazine_id, topic);
ALTER TABLE ONLY public.subscriptions ADD CONSTRAINT fk_rails_3f1d9b2a10 FOREIGN KEY (magazine_id) REFERENCES public.magazines(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.comments ADD CONSTRAINT fk_rails_77c0ffee21 FOREIGN KEY (parent_id) REFERENCES public.comments(id);
ALTER TABLE ONLY public.magazines_topics ADD CONSTRAINT fk_rails_0a0a0a0a0a FOREIGN KEY (magazine_id) REFERENCES public.magazines(id);

SET search_path TO "$user", public;

INSERT INTO "schema_migrations" (version) VALUES
('20240102030405'),
('20230908070605'),
('20230101000000');

