create table if not exists public.options (
  poll_id bigint not null references public.polls on delete cascade,
  "order" smallint not null,
  label text not null,
  primary key (poll_id, "order")
);
alter table public.votes add column "order" smallint;
update public.votes set "order" = case choice when 'yes' then 1 when 'no' then 2 else 3 end;
alter table public.votes drop column choice;
drop type private.choice;
alter table public.votes alter column "order" set not null;
alter table public.votes add constraint votes_option foreign key (poll_id, "order") references public.options;
comment on table public.votes is e'@graphql({"totalCount": {"enabled": true}})';
