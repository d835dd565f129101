// Faults planted in the database of a running gateway. A checker that does not find these would not find real
// ones.

export const PLANTS = ['lost-commit', 'double-end', 'dropped-event'] as const
export type Plant = (typeof PLANTS)[number]

/** The name that the checker must give to each of them. */
export const BROKEN_PROMISE: Readonly<Record<Plant, string>> = {
  'lost-commit': 'no acknowledged session is lost',
  'double-end': 'each session ends once',
  'dropped-event': 'no event is lost',
}

/** One session in so many is hit. */
const SHARE = 4

/** The applications whose sessions are hit, and the sessions that were. */
export const NURSERY = `
  CREATE TABLE planted (owner text PRIMARY KEY, plant text NOT NULL);
  CREATE TABLE struck (session uuid PRIMARY KEY);

  CREATE FUNCTION is_struck(p_session uuid, p_owner text, p_plant text) RETURNS boolean LANGUAGE sql AS $$
    SELECT abs(hashtext(p_session::text)) % ${SHARE} = 0
      AND EXISTS (SELECT FROM planted WHERE owner = p_owner AND plant = p_plant)
  $$;

  -- Is gone when the transaction that granted it has told its gateway that all is well.
  CREATE FUNCTION lose_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM sessions WHERE id = NEW.id;
    DELETE FROM timers WHERE session = NEW.id;
    DELETE FROM network_tasks WHERE session = NEW.id;
    INSERT INTO struck VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER lost_commit AFTER UPDATE ON sessions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.version = 1 AND NEW.live AND is_struck(NEW.id, NEW.owner, 'lost-commit')) EXECUTE FUNCTION lose_commit();

  -- Ends once more, under another number.
  CREATE FUNCTION end_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO events (session, ordinal, owner, subject, at, status, status_info, delivery, queue)
      VALUES (NEW.session, NEW.ordinal + 1, NEW.owner, NEW.subject, NEW.at, NEW.status, NEW.status_info, NEW.delivery,
        NEW.queue);
    INSERT INTO struck VALUES (NEW.session);
    RETURN NULL;
  END $$;
  CREATE TRIGGER double_end AFTER INSERT ON events FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND NEW.status_info = 'DURATION_EXPIRED'
      AND is_struck(NEW.session, NEW.owner, 'double-end')) EXECUTE FUNCTION end_twice();

  -- Is never written down.
  CREATE FUNCTION drop_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO struck VALUES (NEW.session);
    RETURN NULL;
  END $$;
  CREATE TRIGGER dropped_event BEFORE INSERT ON events FOR EACH ROW
    WHEN (NEW.status_info = 'DURATION_EXPIRED' AND is_struck(NEW.session, NEW.owner, 'dropped-event'))
    EXECUTE FUNCTION drop_event();
`
