-- A trading desk: domains over domains, composites in composites, ranges and their multiranges.
CREATE SCHEMA money;

CREATE TYPE side AS ENUM ('buy', 'sell');
CREATE TYPE money.ccy AS ENUM ('EUR', 'USD', 'XAU');

CREATE DOMAIN money.amount AS numeric(18, 4);
CREATE DOMAIN money.price AS money.amount CHECK (VALUE >= 0);
CREATE DOMAIN money.limit_price AS money.price NOT NULL DEFAULT 1;
CREATE DOMAIN isin AS character(12) COLLATE "C" CONSTRAINT isin_form CHECK (VALUE ~ '^[A-Z]{2}[A-Z0-9]{9}[0-9]$');
CREATE DOMAIN isins AS isin[];
CREATE DOMAIN trader AS character varying(30);
CREATE DOMAIN matrix AS double precision[][] CHECK (array_ndims(VALUE) = 2);
CREATE DOMAIN sides AS side[] NOT NULL;
CREATE DOMAIN open_side AS side DEFAULT 'buy' CHECK (VALUE IN ('buy', 'sell'));
CREATE DOMAIN local_time AS timestamp(3) without time zone;
CREATE DOMAIN plain text;

CREATE TYPE money.cash AS (amount money.amount, ccy money.ccy);
CREATE TYPE quote AS (bid money.cash, ask money.cash, at timestamp with time zone, sources text[]);
CREATE TYPE book AS (quotes quote[], depth smallint);
CREATE TYPE nothing AS ();

CREATE TYPE price_range AS RANGE (subtype = numeric, multirange_type_name = price_ranges);
CREATE TYPE clock_range AS RANGE (subtype = time);
CREATE TYPE money.amountrange AS RANGE (SUBTYPE = money.amount);
CREATE TYPE isin_span AS RANGE (subtype = isin, collation = "C");

CREATE TABLE instruments (
    isin isin PRIMARY KEY,
    name text NOT NULL,
    last_price money.price,
    tick money.limit_price,
    trading clock_range,
    band price_range DEFAULT '[0,1000]',
    bands price_ranges,
    volumes money.amountrange,
    several_volumes money.amountmultirange[],
    correlations matrix,
    peers isins,
    remark plain
);

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY,
    isin isin NOT NULL REFERENCES instruments,
    side side NOT NULL,
    hedge open_side,
    both_sides sides,
    all_sides side[] NOT NULL DEFAULT '{buy,sell}',
    trader trader NOT NULL,
    limit_price money.limit_price,
    stops money.price[],
    worth money.cash,
    legs money.cash[],
    snapshot book,
    odd nothing,
    entered local_time DEFAULT localtimestamp,
    entered_all local_time[],
    ranges int4range[],
    days datemultirange,
    CONSTRAINT orders_pk PRIMARY KEY (id)
);
COMMENT ON DOMAIN money.price IS 'Never negative';
COMMENT ON TYPE quote IS 'What a venue said, and when';
COMMENT ON TYPE price_range IS 'From the lower to the upper circuit breaker';
COMMENT ON COLUMN quote.bid IS 'An attribute has comments, too';

ALTER TYPE quote ADD ATTRIBUTE venue text, DROP ATTRIBUTE IF EXISTS missing;
CREATE TYPE fee AS (cents integer, waived boolean, old text);
ALTER TYPE fee ADD ATTRIBUTE reason text, ALTER ATTRIBUTE cents TYPE numeric(9, 2), DROP ATTRIBUTE old;
ALTER TYPE fee RENAME ATTRIBUTE waived TO forgiven;
CREATE TABLE fees OF fee (cents NOT NULL DEFAULT 0, PRIMARY KEY (reason));
ALTER TYPE fee ADD ATTRIBUTE since date CASCADE;
ALTER TYPE fee RENAME TO charge;
ALTER TYPE charge SET SCHEMA money;

ALTER DOMAIN trader RENAME TO trader_name;
ALTER DOMAIN money.limit_price DROP NOT NULL;
ALTER DOMAIN money.limit_price SET DEFAULT 2;
ALTER DOMAIN isin RENAME CONSTRAINT isin_form TO isin_shape;
ALTER DOMAIN plain SET SCHEMA money;
ALTER DOMAIN money.price ADD CONSTRAINT sane CHECK (VALUE < 1e12) NOT VALID;
ALTER TYPE side RENAME VALUE 'sell' TO 'ask';
ALTER TYPE side RENAME VALUE 'buy' TO 'bid';
ALTER TYPE money.ccy ADD VALUE 'CHF' AFTER 'EUR';
ALTER TYPE price_ranges RENAME TO "Price Ranges";
ALTER TABLE orders ALTER COLUMN trader TYPE text;
ALTER TABLE instruments ALTER last_price TYPE money.amount, ALTER remark TYPE varchar(9)
;

-- A table's row type is a type like any other.
CREATE TABLE order_history (
    id bigint NOT NULL,
    version integer NOT NULL,
    was orders,
    were orders[],
    PRIMARY KEY (id, version)
);
