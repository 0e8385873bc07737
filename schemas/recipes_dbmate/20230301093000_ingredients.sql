-- migrate:up
create table ingredients (name text primary key, vegan boolean not null default true);
create table recipe_ingredients (
  recipe_id integer references recipes on delete cascade,
  ingredient text references ingredients (name) on update cascade on delete restrict,
  grams numeric(8,2),
  primary key (recipe_id, ingredient)
);
insert into ingredients (name) values ('salt'), ('onion -- red'), ('oil; olive');

-- migrate:down
drop table recipe_ingredients;
drop table ingredients;
