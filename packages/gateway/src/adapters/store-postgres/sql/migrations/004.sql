-- What networks behind an API were asked for. body is a RemoteReservation as JSON; the other columns are what is
-- searched for, and follow from it.
CREATE TABLE remote_reservations (
  network text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  revision int NOT NULL,
  holds boolean NOT NULL,
  act_at bigint,
  orphans int NOT NULL,
  kept_until bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (network, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX remote_reservations_holding ON remote_reservations (network, id) WHERE holds;
CREATE INDEX remote_reservations_act ON remote_reservations (network, act_at) WHERE act_at IS NOT NULL;
CREATE INDEX remote_reservations_orphans ON remote_reservations (network, orphans) WHERE orphans > 0;
CREATE INDEX remote_reservations_over ON remote_reservations (kept_until) WHERE NOT holds;

-- What networks have said, until the gateway that drives them has heard it.
CREATE TABLE network_callbacks (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  network text COLLATE "C" NOT NULL,
  reservation text COLLATE "C" NOT NULL,
  attempt int NOT NULL,
  suffix text NOT NULL,
  body text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX network_callbacks_network ON network_callbacks (network, number);
