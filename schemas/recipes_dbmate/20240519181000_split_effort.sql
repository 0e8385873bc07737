-- migrate:up
alter table recipes alter column effort type text using effort::text;
drop type effort;
alter table recipes rename column effort to effort_label;
alter table recipes add column minutes integer;
update recipes set minutes = case effort_label when 'quick' then 20 when 'evening' then 90 else 300 end;
alter table recipes alter column minutes set not null, alter column minutes set default 30;
alter table recipes add constraint recipes_title_once unique using index recipes_title;
alter table cooks rename to authors;
alter sequence cooks_id_seq rename to authors_id_seq;

-- migrate:down
alter table authors rename to cooks;
alter table recipes drop constraint recipes_title_once;
alter table recipes drop column minutes;
create type effort as enum ('quick', 'evening', 'weekend');
alter table recipes rename column effort_label to effort;
alter table recipes alter column effort type effort using effort::effort;
