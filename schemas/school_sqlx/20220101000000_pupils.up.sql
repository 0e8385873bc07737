create table pupils (
    id bigserial primary key,
    first_name text not null,
    last_name text not null,
    class text,
    born date not null
);
