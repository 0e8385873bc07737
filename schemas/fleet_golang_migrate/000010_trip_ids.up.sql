ALTER TABLE trips DROP CONSTRAINT trips_pkey;
ALTER TABLE trips ADD COLUMN id bigserial;
ALTER TABLE trips ADD PRIMARY KEY (id);
ALTER TABLE trips ADD CONSTRAINT trips_start UNIQUE (vehicle_id, started);
ALTER TABLE trips ALTER COLUMN started DROP NOT NULL;
CREATE TABLE fuel_stops (
   trip_id bigint REFERENCES trips ON DELETE CASCADE,
   litres numeric(6,2) NOT NULL,
   at point,
   number smallint,
   PRIMARY KEY (trip_id, number)
);
