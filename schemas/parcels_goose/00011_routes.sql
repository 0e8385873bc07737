-- +goose Up
create type leg as (from_depot text, to_depot text, minutes int);
create table routes (
    id bigint generated always as identity primary key,
    legs leg[] not null default '{}',
    total_minutes int not null default 0
);
comment on column routes.legs is 'in driving order';
-- +goose StatementBegin
do $$
begin
    alter table parcels add column route_id bigint references routes on delete set null;
end
$$;
-- +goose StatementEnd

-- +goose Down
alter table parcels drop column route_id;
drop table routes;
drop type leg;
