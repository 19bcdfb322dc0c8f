CREATE TABLE orders (
	client_id VARCHAR(40) NOT NULL, 
	symbol VARCHAR(24) NOT NULL, 
	side VARCHAR(4) NOT NULL, 
	quantity TEXT NOT NULL, 
	price TEXT NOT NULL, 
	time_ns BIGINT NOT NULL, 
	epoch BIGINT NOT NULL, 
	release VARCHAR(40) NOT NULL, 
	sequence BIGINT NOT NULL, 
	reason VARCHAR(120) NOT NULL, 
	"commit" VARCHAR(40) DEFAULT '' NOT NULL, 
	change VARCHAR(40) DEFAULT '' NOT NULL, 
	message VARCHAR(200) DEFAULT '' NOT NULL, 
	status VARCHAR(10) NOT NULL, 
	detail TEXT NOT NULL, 
	PRIMARY KEY (client_id)
);
CREATE INDEX ix_orders_time_ns ON orders (time_ns);
CREATE INDEX ix_orders_symbol ON orders (symbol);
CREATE TABLE fills (
	symbol VARCHAR(24) NOT NULL, 
	trade_id BIGINT NOT NULL, 
	client_id VARCHAR(40) NOT NULL, 
	side VARCHAR(4) NOT NULL, 
	quantity TEXT NOT NULL, 
	price TEXT NOT NULL, 
	fee TEXT NOT NULL, 
	fee_asset VARCHAR(16) NOT NULL, 
	time_ns BIGINT NOT NULL, 
	fee_price TEXT, 
	PRIMARY KEY (symbol, trade_id)
);
CREATE INDEX ix_fills_time_ns ON fills (time_ns);
CREATE INDEX ix_fills_client_id ON fills (client_id);
CREATE TABLE adjustments (
	id INTEGER NOT NULL, 
	asset VARCHAR(16) NOT NULL, 
	quantity TEXT NOT NULL, 
	price TEXT NOT NULL, 
	cause VARCHAR(40) NOT NULL, 
	time_ns BIGINT NOT NULL, 
	symbol VARCHAR(24) NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_adjustments_asset ON adjustments (asset);
CREATE TABLE faults (
	id INTEGER NOT NULL, 
	cause VARCHAR(40) NOT NULL, 
	subject VARCHAR(120) NOT NULL, 
	detail TEXT NOT NULL, 
	time_ns BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX ix_faults_cause ON faults (cause);
CREATE TABLE epochs (
	number BIGINT NOT NULL, 
	release VARCHAR(40) NOT NULL, 
	time_ns BIGINT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE days (
	date VARCHAR(10) NOT NULL, 
	equity TEXT NOT NULL, 
	PRIMARY KEY (date)
);
CREATE TABLE mirrored (
	journal VARCHAR(400) NOT NULL, 
	"offset" BIGINT NOT NULL, 
	PRIMARY KEY (journal)
);
CREATE TABLE changes (
	id VARCHAR(40) NOT NULL, 
	number INTEGER NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	"commit" VARCHAR(40) NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (number)
);
CREATE INDEX ix_changes_commit ON changes ("commit");
CREATE INDEX ix_changes_state ON changes (state);
