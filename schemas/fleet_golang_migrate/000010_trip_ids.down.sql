DROP TABLE fuel_stops;
ALTER TABLE trips DROP COLUMN id;
ALTER TABLE trips ADD PRIMARY KEY (vehicle_id, started);
