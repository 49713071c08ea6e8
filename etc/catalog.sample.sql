-- catalog.sample.sql - tables that the default queries of catalog_sql fit. Your own tables do as
-- well: plugins/catalog_sql/README.md says which columns a query must give.

CREATE TABLE tariffs (
	id              text PRIMARY KEY,
	price_per_hour  integer NOT NULL CHECK (price_per_hour >= 0),
	free_period_min integer NOT NULL CHECK (free_period_min >= 0),
	deposit         integer NOT NULL CHECK (deposit >= 0)
);

CREATE TABLE stations (
	id        text PRIMARY KEY,	-- the name of the cabinet at its vendor
	tariff_id text NOT NULL REFERENCES tariffs,
	slots     integer NOT NULL CHECK (slots > 0),
	name      text,
	address   text,
	lat       numeric(9, 6),
	lon       numeric(9, 6)
);

INSERT INTO tariffs VALUES ('city', 60, 5, 300);
INSERT INTO stations VALUES
	('old-town-hall', 'city', 8, 'Old Town Hall', '1 Market Square', 59.9301, 30.3621);
