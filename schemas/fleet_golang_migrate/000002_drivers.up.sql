CREATE TABLE IF NOT EXISTS drivers (
   id uuid DEFAULT gen_random_uuid(),
   name text NOT NULL,
   licence char(1)[] NOT NULL DEFAULT '{B}',
   PRIMARY KEY (id)
);
ALTER TABLE trips ADD COLUMN IF NOT EXISTS driver_id uuid REFERENCES drivers ON DELETE SET NULL;
ALTER TABLE trips ADD COLUMN IF NOT EXISTS km int;
