create type private.choice as enum ('yes', 'no', 'maybe');
create table public.votes (
  poll_id bigint references public.polls (id) on delete cascade,
  voter uuid default uuid_generate_v4(),
  choice private.choice not null,
  weight numeric default 1.0,
  primary key (poll_id, voter)
);
alter table public.votes replica identity full;
create table private.audit (id bigserial primary key, at timestamptz not null default now(), entry jsonb);
