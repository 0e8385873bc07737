-- migrate:up transaction:false
create unique index concurrently recipes_title on recipes (cook_id, title);

-- migrate:down transaction:false
drop index concurrently recipes_title;
