create extension if not exists "uuid-ossp" with schema public;

create schema if not exists private;

create table public.profiles (
  id uuid not null primary key,
  username text unique,
  avatar_url text,
  updated_at timestamp with time zone,
  constraint username_length check (char_length(username) >= 3)
);

alter table public.profiles enable row level security;

create policy "Profiles are for everyone." on public.profiles for select using (true);

create table public.polls (
  id bigint primary key generated always as identity,
  author uuid references public.profiles on delete cascade not null,
  question text not null,
  closes_at timestamptz default timezone('utc'::text, now()),
  inserted_at timestamp with time zone default timezone('utc'::text, now()) not null
);
alter table public.polls enable row level security;

create function private.is_author(poll bigint) returns boolean
language sql security definer set search_path = '' as $$
  select exists (select 1 from public.polls where id = poll);
$$;
