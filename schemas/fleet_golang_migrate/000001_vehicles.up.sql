BEGIN;
CREATE TABLE IF NOT EXISTS vehicles(
   id serial PRIMARY KEY,
   plate VARCHAR (16) UNIQUE NOT NULL,
   bought DATE,
   seats INT CHECK (seats > 0)
);
CREATE TABLE IF NOT EXISTS trips (
   vehicle_id INT NOT NULL REFERENCES vehicles,
   started TIMESTAMPTZ NOT NULL,
   km REAL,
   PRIMARY KEY (vehicle_id, started)
);
COMMIT;
